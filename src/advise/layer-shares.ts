import data from '../../config/packages.json' with { type: 'json' };
import { copiesFiles, withoutOptions } from '../classify/history/instruction.ts';
import { isCompiled, type LayerClass, type Runtime } from '../classify/verdict.ts';
import { lookUp } from '../common/look-up.ts';
import type { LayerView } from '../policy/image-view.ts';
import { rewritesOnly } from '../policy/rules/rewritten-files.ts';
import {
  bringsRuntime,
  installsForProgram,
  installsForProgramAlone,
  installsHeaders,
  installsLargeHeaders,
  installsRuntimeAlone,
} from './own-packages.ts';
import { holdsPackagesOfNode } from './pages.ts';

/**
 * The smallest share of a layer that the program itself is assumed to need. It is half of the smallest share observed:
 * the 2 % that remained of what yarn installed for a service with two packages (test/builds).
 */
export const SMALLEST_SHARE = 0.01;

/** The least and greatest share (0 to 1) of a layer's bytes that is kept. */
export type Share = readonly [least: number, most: number];

const WHOLE: Share = [1, 1];
const NOTHING_KEPT: Share = [0, 0];
const OS_PACKAGES: Share = [0.05, 1];
/**
 * Of a toolchain with headers, the libraries stay. 2.4 % remained of Debian's build-essential, CMake, Git and the headers
 * of libcurl and OpenSSL (200 MB).
 */
const LIBRARIES: Share = [0, 0.05];
/** The same of libraries that bring many others: libvips took 48 MB of the 227 MB of Debian's packages of libvips-dev and build-essential. */
const LARGE_LIBRARIES: Share = [0, 0.25];
/** The most that curl, wget and GnuPG take together, as packages that the program does not call. */
const FETCHERS_BYTES = 15_000_000;

/** The least and greatest share of a layer of the last stage that a multi-stage build keeps, by the layer's class. */
const KEPT_BY_STAGES: Readonly<Record<LayerClass, Share>> = {
  base: WHOLE,
  // Libraries that the program loads stay; compilers and headers are left behind.
  'os-packages': OS_PACKAGES,
  'build-tools': NOTHING_KEPT,
  dependencies: [SMALLEST_SHARE, 1],
  application: [SMALLEST_SHARE, 1],
  configuration: WHOLE,
  none: [SMALLEST_SHARE, 1],
};

/**
 * Runtimes whose packages run from where they were installed and are not bundled. For them a second stage drops only
 * caches, and development packages, which are a finding of their own.
 */
const UNBUNDLED: readonly Runtime[] = ['python', 'ruby', 'php'];
/** The least of them that is kept is an estimate: gems with compiled extensions leave most behind. */
const UNBUNDLED_PACKAGES: Share = [0.2, 1];

/** The two kinds of builds. */
export type Stages = 'inOneStage' | 'inStages';

/** The shares that a single-stage and a multi-stage build keep of a layer. */
export interface Shares extends Readonly<Record<Stages, Share>> {
  /** The share that stays at least, whatever findings say. */
  readonly floor: number;
}

/** The compressed bytes that a runtime takes at least as a package of a distribution. @see config/packages.json, "runtimes" */
const LEAST_OF_RUNTIME = data.runtimes as Readonly<Partial<Record<Runtime, { readonly leastBytes?: number }>>>;

/**
 * Commands that fetch libraries to where only the build reads them: what the program needs of them is in the layer of
 * the build, in its binary or beside it.
 */
const FETCHES: Readonly<Record<string, RegExp>> = {
  go: /^mod (?:download|tidy|verify)\b/,
  cargo: /^fetch\b/,
  mvn: /^(?!.*\b(?:compile|package|install|verify)\b).*\bdependency:/,
  gradle: /^(?:-\S+ )*dependencies\b/,
  dotnet: /^restore\b/,
};
const ADDS_NOTHING = /^(?:cd|set|chmod)$/;

function fetchesOnly({ commands }: LayerView): boolean {
  const others = commands.filter(({ program }) => !ADDS_NOTHING.test(program));
  return (
    others.length > 0 &&
    others.every(({ program, words }) => lookUp(FETCHES, program.replace(/w$/, ''))?.test(words.join(' ')))
  );
}

const FROM_STAGE = /^(?:--\S+\s+)*--from=/;
const JAVA_ARCHIVE = /\.[jwe]ar(?:\s|$)/;

/** Whether a COPY is from another stage, whose paths are absolute, or of one of Java's archives. */
function copiesResult(args: string): boolean {
  return FROM_STAGE.test(args) || JAVA_ARCHIVE.test(args) || /^\/\S/.test(withoutOptions(args));
}

/** Programs that bring or place files as they are, and words of the shell around them. */
const PLACES_FILES = new Set(
  (
    'curl wget gpg gpgconf gpgv sha1sum sha256sum sha512sum md5sum tar unzip gunzip bunzip2 xz mv cp ln rm mkdir mktemp ' +
    'chmod chown chgrp touch echo printf cat sed useradd usermod groupadd adduser addgroup uname dpkg ' +
    'set cd export unset test [ for case in esac fi done break :'
  ).split(' '),
);

/** The downloads of Maven and Gradle, which only a build needs. */
const BUILD_TOOL = /apache-maven-|services\.gradle\.org\/dist/;

/**
 * Whether a layer holds only what was built elsewhere for the program: in an earlier stage, or by a publisher. Of
 * a compiled program, it may as well be the compiler.
 */
function isBuiltElsewhere({ verb, args, commands }: LayerView, runtime: Runtime): boolean {
  if (isCompiled(runtime)) return false;
  if (copiesFiles(verb)) return copiesResult(args);
  return commands.length > 0 && commands.every(({ program }) => PLACES_FILES.has(program)) && !BUILD_TOOL.test(args);
}

/** Returns the shares of a layer that stay if the base does. */
export function keptShares(layer: LayerView, runtime: Runtime): Shares {
  return { inOneStage: WHOLE, inStages: keptInStages(layer, runtime), floor: SMALLEST_SHARE };
}

/** Returns the same for pages: they are served without the packages that they were built with. */
export function keptSharesOfPages(layer: LayerView, runtime: Runtime): Shares {
  const shares = keptShares(layer, runtime);
  return holdsPackagesOfNode(layer) ? { ...shares, inStages: NOTHING_KEPT } : shares;
}

/** Returns the same of a layer that installed the runtime on a distribution: the program needs it in every stage. */
export function keptSharesWithRuntime(layer: LayerView, runtime: Runtime): Shares {
  const shares = keptShares(layer, runtime);
  const least = Math.min(1, (LEAST_OF_RUNTIME[runtime]?.leastBytes ?? 0) / Math.max(1, layer.bytes));
  const floor = Math.max(least, SMALLEST_SHARE);
  const isAlone = bringsRuntime(layer, runtime) === 'alone' && installsOnly(layer);
  const [kept] = shares.inStages;
  return { ...shares, inStages: isAlone ? WHOLE : [Math.max(kept, floor), 1], floor };
}

/** Returns the share of a layer that a multi-stage build keeps. */
function keptInStages(layer: LayerView, runtime: Runtime): Share {
  const { class: made } = layer;
  if (fetchesOnly(layer)) return NOTHING_KEPT;
  // By its commands it is a setting, but it holds whatever files of the program it gave another owner or mode.
  if (rewritesOnly(layer)) return KEPT_BY_STAGES.application;
  if (isBuiltElsewhere(layer, runtime)) return WHOLE;
  if (made === 'build-tools' && installsForProgram(layer, runtime)) return OS_PACKAGES;
  if (made === 'build-tools' && installsHeaders(layer))
    return installsLargeHeaders(layer) ? LARGE_LIBRARIES : LIBRARIES;
  if (holdsPackagesAlone(layer, runtime)) return keptOfPackages(layer);
  return made === 'dependencies' && UNBUNDLED.includes(runtime) ? UNBUNDLED_PACKAGES : KEPT_BY_STAGES[made];
}

/** Programs that unpack archives, which may hold anything. */
const UNPACKS = /^(?:tar|unzip|gunzip|bunzip2|xz)$/;

/** Whether a layer holds nothing but packages for the program, and perhaps what fetches files. */
function holdsPackagesAlone(layer: LayerView, runtime: Runtime): boolean {
  const unpacks = layer.commands.some(({ program }) => UNPACKS.test(program));
  return layer.class === 'os-packages' && !unpacks && installsOnly(layer) && installsForProgramAlone(layer, runtime);
}

/** A second stage installs the program's packages again; what they recommend and their caches are findings of their own. */
function keptOfPackages({ bytes }: LayerView): Share {
  const [least, most] = OS_PACKAGES;
  return [Math.max(least, 1 - FETCHERS_BYTES / Math.max(1, bytes)), most];
}

/** Programs that install packages of a distribution, or add a repository of packages. */
const INSTALLS = /^(?:apt(?:-get|-key|-mark)?|add-apt-repository|apk|yum|(?:micro|t)?dnf|zypper|update-alternatives)$/;

/** Returns the shares of a layer that stay on a base with the runtime; undefined if such a base replaces none of it. */
export function keptSharesOnRuntime(layer: LayerView, runtime: Runtime): Shares | undefined {
  if (!installsRuntimeAlone(layer, runtime, true) || !installsOnly(layer)) return undefined;
  return {
    inOneStage: installsRuntimeAlone(layer, runtime, false) ? NOTHING_KEPT : WHOLE,
    inStages: installsHeaders(layer) ? LIBRARIES : NOTHING_KEPT,
    floor: SMALLEST_SHARE,
  };
}

/**
 * Returns the shares of a layer that stay on Alpine, of another distribution's packages: Alpine's are smaller. Debian's FFmpeg
 * brings drivers of graphics cards, for example.
 */
export function keptSharesOnAlpine(layer: LayerView, runtime: Runtime): Shares | undefined {
  return holdsPackagesAlone(layer, runtime) ? { ...keptShares(layer, runtime), inStages: OS_PACKAGES } : undefined;
}

/** Whether a layer does nothing but install packages of the distribution, place files, and clean up. */
export function installsOnly({ commands }: LayerView): boolean {
  return commands.every(({ program }) => INSTALLS.test(program) || PLACES_FILES.has(program));
}
