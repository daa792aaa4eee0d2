import type { Runtime, Variant } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import { isWindows } from '../oci/platform.ts';
import { isRuntimeItself } from '../policy/replaceable-bytes.ts';
import {
  alternativeFor,
  compilesInLastStage,
  hasStages,
  isFat,
  isStaticC,
  leavesBase,
  leavesCompiler,
  replacedBytes,
  replacedOwnBytes,
} from './base-after.ts';
import { installsOnly } from './layer-shares.ts';
import { linksLibraries, needsGlibc } from './linking.ts';
import { needsPackages } from './own-packages.ts';
import { servesPages } from './pages.ts';
import { FIRST_DISTROLESS_JAVA, releaseOf } from './releases.ts';
import { servesByApache, servesByTomcat, startNeedsShell } from './start.ts';
import type { Subject } from './subject.ts';
import type { Technique, TechniqueId } from './technique.ts';

/** Whether a technique applies to an image, together with the others of `ids`. */
export function applies(technique: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  if (subject.view.image.verdict.isPublished) return isOtherEdition(technique, subject);
  if (technique.kind === 'findings') return subject.findings.some(({ rule }) => technique.rules.includes(rule));
  if (technique.kind === 'stages') return canSplit(subject);
  return mayReplaceBase(technique, ids, subject) && suitsProgram(technique, ids, subject);
}

/**
 * Whether a technique exchanges a full published image for a slimmer edition. Nothing else makes it smaller: nobody
 * but its publisher can change how it is built.
 */
function isOtherEdition({ id, variants }: Technique, subject: Subject): boolean {
  const { view, knowledge, currentBytes } = subject;
  if (!isRuntimeItself(view.image) || !isFat(subject) || (id !== 'slim-base' && id !== 'alpine-base')) return false;
  // The known editions of a JDK's image are JREs, on which nothing compiles.
  if (view.image.verdict.variant?.value === 'jdk') return false;
  const edition = knowledge.alternativeTo(view.image.verdict, variants);
  return edition !== undefined && edition.compressedBytes < currentBytes;
}

function mayReplaceBase(technique: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  return (
    !isWindows(subject.view.image.config) &&
    !isBaseless(subject) &&
    isSlimmer(technique, ids, subject) &&
    mayBeSmaller(technique, ids, subject)
  );
}

function suitsProgram(technique: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  if (isJdkOnAlpine(subject)) return technique.id === 'alpine-base';
  // It is unknown which libraries an unknown program loads, so it stays on its distribution.
  if (technique.id === 'slim-base') return true;
  if (subject.runtime === 'none') return technique.id === 'distroless-base' && isLeftStatic(subject, ids);
  if (isServedOnDebian(subject)) return false;
  if (technique.id === 'alpine-base') return !needsGlibc(subject.view);
  // An empty base has room for neither an interpreter nor, in a single stage, a compiler.
  if (technique.id === 'scratch-base') return leavesCompiler(subject, ids) && !needsDistribution(subject);
  if (isJavaWithoutDistroless(subject)) return false;
  return alternativeFor(subject, ids, technique.variants) !== undefined && !needsDistribution(subject);
}

function isLeftStatic(subject: Subject, ids: readonly TechniqueId[]): boolean {
  return isStaticC(subject.view) && leavesCompiler(subject, ids) && !needsDistribution(subject);
}

/** Whether the image has a release of Java that still gets fixes, but no distroless image on Debian 13. */
function isJavaWithoutDistroless({ runtime, runtimeVersion }: Subject): boolean {
  return (
    runtime === 'java' &&
    runtimeVersion !== undefined &&
    Number(releaseOf(runtime, runtimeVersion)) < FIRST_DISTROLESS_JAVA
  );
}

/**
 * Whether an image is on a JDK on Alpine, for whose release a JRE on Alpine is known: that is smaller than those on
 * other distributions, and the program runs on Alpine already.
 */
function isJdkOnAlpine({ view, knowledge }: Subject): boolean {
  const { verdict } = view.image;
  const isOn = verdict.variant?.value === 'jdk' && verdict.distro?.value.id === 'alpine';
  return isOn && !servesByTomcat(view.image.config) && knowledge.alternativeTo(verdict, ['alpine']) !== undefined;
}

/**
 * Whether a program needs its distribution: a start script, packages that its steps installed, or C libraries.
 * Remembered, because it is asked dozens of times per image and has to parse the image's scripts.
 */
const needsDistribution: (subject: Subject) => boolean = rememberOf(
  ({ view, runtime }) =>
    startNeedsShell(view, runtime) || needsPackages(view, isStaticC(view)) || linksLibraries(view, runtime),
);

/**
 * Whether PHP runs in Apache, or Java in Tomcat, whose official images exist on Debian and Ubuntu only, or pages are
 * served by Debian's nginx, whose settings are in other folders than Alpine's.
 */
function isServedOnDebian({ view, runtime }: Subject): boolean {
  const { config, verdict } = view.image;
  if (servesPages(view)) return verdict.distro?.value.id !== 'alpine';
  return (runtime === 'php' && servesByApache(view)) || (runtime === 'java' && servesByTomcat(config));
}

/** Variants from the largest to the smallest; a variant that is not listed ranks with the first. */
const RANKS: readonly (readonly Variant[])[] = [
  ['full', 'jdk'],
  ['slim', 'jre', 'minimal'],
  ['alpine'],
  ['distroless'],
  ['scratch'],
];

/**
 * Whether a technique's bases are leaner than the present one. As lean will do where that one stays behind, is a
 * distribution on which the image's own steps installed the runtime, or nginx's edition on Alpine with all modules.
 */
function isSlimmer({ variants }: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  const current = subject.view.image.verdict.variant?.value;
  const rankOf = (variant: Variant | undefined) =>
    RANKS.findIndex((rank) => variant !== undefined && rank.includes(variant));
  const [rank, present] = [rankOf(variants[0]), Math.max(0, rankOf(current))];
  const mayBeAsLean = leavesBase(subject, ids) || replacedOwnBytes(subject, ids) > 0 || hasModulesOfNginx(subject);
  return rank > present || (rank === present && mayBeAsLean);
}

/** More bytes than nginx's edition without modules has on Alpine, and fewer than the one with them. */
const NGINX_WITH_MODULES = 10_000_000;

/** Whether a base is nginx's image on Alpine with all modules: there is one without them. */
function hasModulesOfNginx({ runtime, view: { image, baseBytes = 0 } }: Subject): boolean {
  return runtime === 'nginx' && image.verdict.variant?.value === 'alpine' && baseBytes > NGINX_WITH_MODULES;
}

/**
 * Runtimes whose publishers offer no slim image, only a small one on Alpine. `none` is among them: a distribution has a
 * slim image only if one is known.
 */
const WITHOUT_SLIM: readonly Runtime[] = ['none', 'php', 'dotnet', 'nginx', 'httpd', 'caddy', 'deno'];

/** Whether the alternative base may be smaller: it may exist, and is not known to be at least as large. */
function mayBeSmaller({ variants }: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  const alternative = alternativeFor(subject, ids, variants);
  if (!alternative) return !(variants.includes('slim') && WITHOUT_SLIM.includes(subject.runtime));
  const replaced = replacedBytes(subject, ids);
  return replaced === undefined || alternative.compressedBytes < replaced.max + replacedOwnBytes(subject, ids);
}

function isBaseless({ view }: Subject): boolean {
  return view.image.verdict.base.layerCount === 0;
}

/** Whether the last stage does what an earlier one could do: it compiles, or adds what only builds need. */
function canSplit(subject: Subject): boolean {
  const { view, findings } = subject;
  if (isBaseless(subject) || !worksInLastStage(subject) || isScriptWithPackages(subject)) return false;
  const compiles = compilesInLastStage(view);
  // With several stages, as after COPY --from=composer, it is for the last one that the layers themselves show it.
  if (hasStages(view)) return compiles;
  return compiles || findings.some(({ rule }) => BUILD_RULES.includes(rule));
}

/**
 * Whether an image is a shell script with the packages that it calls: nothing is built that a second stage could
 * take over, and the script may call any of them, `make` among them.
 */
function isScriptWithPackages({ view, runtime }: Subject): boolean {
  return runtime === 'none' && startNeedsShell(view, runtime) && view.own.every(installsOnly);
}

/** Rules that find what only a build needs. */
const BUILD_RULES = ['build-tools', 'dev-dependencies', 'maven-cache', 'gradle-cache', 'go-build-cache'];

/** Files that were merely copied onto a base were already built by an earlier stage, or by a pipeline. */
function worksInLastStage({ view, compiled }: Subject): boolean {
  return compiled || view.own.length === 0 || view.own.some(({ verb }) => verb !== 'COPY' && verb !== 'WORKDIR');
}
