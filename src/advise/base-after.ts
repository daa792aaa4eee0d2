import { baseNamesOf, isCompiled, runtimeOf, type Variant } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import { type ByteRange, exactly } from '../measure/byte-range.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import { type ImageView, ownSteps } from '../policy/image-view.ts';
import { baseName } from '../policy/paths.ts';
import { replaceableBytes } from '../policy/replaceable-bytes.ts';
import { type BaseAlternative, projectedSize } from './alternatives.ts';
import { replacedAbove } from './kept-bytes.ts';
import { servesPages } from './pages.ts';
import { FIRST_JAVA_WITH_MODULES, releaseOf } from './releases.ts';
import { SHELL, servesByTomcat, startWordsOf } from './start.ts';
import type { Subject } from './subject.ts';
import { isBaseTechnique, type Technique, type TechniqueId, techniqueOf } from './technique.ts';

/** The base of the image after some techniques. */
interface BaseAfter {
  /** Compressed bytes of its layers. */
  readonly bytes: ByteRange;
  /** Whether the size is an estimate. */
  readonly unsure: boolean;
  readonly reference?: string;
}

/** Returns the base after the techniques with its size; undefined if no real size is known. */
export function baseAfter(subject: Subject, ids: readonly TechniqueId[]): BaseAfter | undefined {
  const { baseBytes } = subject.view;
  if (baseBytes === undefined) return undefined;
  const swap = ids.find(isBaseTechnique);
  if (swap) return swapBase(techniqueOf(swap), ids, subject);
  if (ids.includes('multi-stage') && leavesBase(subject, ids)) return anyBase(subject);
  return { bytes: exactly(baseBytes), unsure: false };
}

function swapBase(swap: Technique, ids: readonly TechniqueId[], subject: Subject): BaseAfter | undefined {
  const replaced = replacedBytes(subject, ids);
  if (!replaced) return undefined;
  const alternative = alternativeFor(subject, ids, swap.variants);
  if (!alternative) return guessedSwap(swap, replaced, subject);
  return swapTo(alternative, { base: replaced, own: replacedOwnBytes(subject, ids) }, subject);
}

/**
 * Returns the bytes of the present base that a new one replaces: the whole base if it stays behind, otherwise the layers
 * of the runtime.
 */
export function replacedBytes(subject: Subject, ids: readonly TechniqueId[]): ByteRange | undefined {
  const { baseBytes } = subject.view;
  return baseBytes === undefined || !leavesBase(subject, ids) ? replaceableBytes(subject.view) : exactly(baseBytes);
}

/** Returns the most bytes of the image's own layers that a base with the runtime replaces: where these installed it. */
export function replacedOwnBytes({ removable, view }: Subject, ids: readonly TechniqueId[]): number {
  return view.image.verdict.runtimeLayers === undefined ? replacedAbove(removable, ids) : 0;
}

/** Bytes that a base replaces: of the present one, and of the image's own layers, by which it may be larger. */
interface ReplacedBytes {
  readonly base: ByteRange;
  readonly own: number;
}

function swapTo(alternative: BaseAlternative, { base: replaced, own }: ReplacedBytes, subject: Subject): BaseAfter {
  const { view } = subject;
  const { baseBytes = 0 } = view;
  const size = sizeOf(alternative, subject);
  // The last stage starts from a variant of Tomcat's image, which is on the alternative.
  const keepsTomcat = replaced.max < baseBytes && servesByTomcat(view.image.config);
  return {
    bytes: {
      min: baseBytes - Math.max(-own, replaced.max - size.min),
      max: baseBytes - Math.max(-own, replaced.min - size.max),
    },
    unsure: replaced.min < replaced.max || size.min < size.max,
    ...(keepsTomcat ? {} : { reference: alternative.reference }),
  };
}

/**
 * The compressed bytes of Alpine with the least of Java that a program runs on: jlink makes 18 MB of the module java.base and
 * the one for TLS of Java 17, and 22 MB of Java 25's.
 */
const LEAST_LINKED = 22_000_000;

/** Returns the size of a base; for Java on Alpine, from what jlink leaves of the JRE to the whole. */
function sizeOf(alternative: BaseAlternative, { runtimeVersion: version, linksJava }: Subject): ByteRange {
  const size = projectedSize(alternative, version);
  const { runtime, variant } = alternative;
  const hasModules = version === undefined || Number(releaseOf(runtime, version)) >= FIRST_JAVA_WITH_MODULES;
  const isLinked = linksJava && runtime === 'java' && variant === 'alpine' && hasModules;
  return isLinked ? { ...size, min: Math.min(size.min, LEAST_LINKED) } : size;
}

/**
 * Returns an estimate for a base without a known alternative. The slimming guide's range is applied to the base alone,
 * since the program above it keeps its size.
 */
function guessedSwap({ reduction }: Technique, replaced: ByteRange, subject: Subject): BaseAfter | undefined {
  const { baseBytes = 0 } = subject.view;
  if (!reduction || !isFat(subject)) return undefined;
  const [least, most] = reduction;
  return {
    bytes: { min: Math.round(baseBytes - replaced.max * most), max: Math.round(baseBytes - replaced.min * least) },
    unsure: true,
  };
}

/** The slimming guide's ranges are for images on full bases; they do not hold for those slimmed already. */
export function isFat({ view }: Subject): boolean {
  const { variant } = view.image.verdict;
  return !variant || variant.value === 'full' || variant.value === 'jdk';
}

/** Whether the compiler stays behind in an earlier stage: the last one needs a distribution at most. */
export function leavesCompiler({ compiled, view }: Subject, ids: readonly TechniqueId[]): boolean {
  return compiled && (ids.includes('multi-stage') || needsNoCompiler(view));
}

/** Whether an earlier stage compiled, though the last one starts from a compiler's image, too. */
function needsNoCompiler(view: ImageView): boolean {
  const { isPublished, runtimeLayers } = view.image.verdict;
  return hasStages(view) && !compilesInLastStage(view) && runtimeLayers !== undefined && !isPublished;
}

export function hasStages({ image }: ImageView): boolean {
  return image.verdict.multiStage.value === 'yes';
}

/**
 * Whether the last stage compiles: it has tools for that of its own, or uses those of a compiler's image, or builds
 * the pages that it serves.
 * Remembered, because it is asked dozens of times per image.
 */
export const compilesInLastStage: (view: ImageView) => boolean = rememberOf((view) => {
  const { own, ownPrograms, image } = view;
  if (own.some((layer) => layer.class === 'build-tools') || servesPages(view)) return true;
  const [started = ''] = [...image.config.entrypoint, ...image.config.cmd];
  const programs = [...ownPrograms, baseName(started)];
  return isCompiled(runtimeOf(image.verdict).name) && programs.some((program) => COMPILERS.test(program));
});

/** Programs that build compiled ones. */
export const COMPILERS = /^(?:go|cargo|rustc|make)$/;

/** Whether the whole base stays behind in an earlier stage: a compiler's, or a build tool's. */
export function leavesBase(subject: Subject, ids: readonly TechniqueId[]): boolean {
  const { view } = subject;
  const isTool = baseNamesOf(view.image.verdict.base).some(isBuildTool) || compilesByGcc(view);
  return leavesCompiler(subject, ids) || (isTool && ids.includes('multi-stage'));
}

const GCC = /(?:^|\/)gcc(?::|$)/;
/** Programs that compile C and C++, or have others do so. */
export const C_COMPILERS = /^(?:gcc|g\+\+|cc|c\+\+|make|cmake|ninja|meson)$/;

/** Whether an image's own steps compile C or C++, or its base is GCC's image. */
export function compilesC({ image, ownPrograms }: ImageView): boolean {
  return isOnGcc(image) || [...ownPrograms].some((program) => C_COMPILERS.test(program));
}

function isOnGcc({ verdict }: AuditedImage): boolean {
  return baseNamesOf(verdict.base).some((name) => GCC.test(name));
}

/** The option of compilers and linkers, alone or among others; not `-static-libgcc`. */
const STATIC = /(?:^|[\s="',])-static(?:-pie)?(?=[\s"',;&|)]|$)/;

/** Whether an image's own steps compile C or C++, and link statically: the program needs no libraries to run. */
export const isStaticC: (view: ImageView) => boolean = rememberOf((view) => {
  if (runtimeOf(view.image.verdict).name !== 'none' || !compilesC(view)) return false;
  return ownSteps(view).some(({ verb, args }) => /^(?:RUN|ENV|ARG)$/.test(verb) && STATIC.test(args));
});

/**
 * Whether the last stage compiles by GCC's own image, of which the program needs nothing. What starts a shell to
 * work in, as GCC's own image does, or a compiler is made for compiling.
 */
const compilesByGcc: (view: ImageView) => boolean = rememberOf((view) => {
  if (!isOnGcc(view.image)) return false;
  const start = startWordsOf(view);
  const isForCompiling =
    (start.length === 1 && SHELL.test(start[0] ?? '')) || start.some((word) => C_COMPILERS.test(baseName(word)));
  return !isForCompiling && [...view.ownPrograms].some((program) => C_COMPILERS.test(program));
});

/** Returns the base that the last stage would start from. */
export function alternativeFor(
  subject: Subject,
  ids: readonly TechniqueId[],
  variants: readonly Variant[],
): BaseAlternative | undefined {
  const { knowledge, view } = subject;
  return leavesCompiler(subject, ids)
    ? knowledge.smallestDistribution(variants)
    : knowledge.alternativeTo(view.image.verdict, variants);
}

/**
 * Returns the range of bases for a last stage whose base is not chosen yet: for a compiled program, from an empty one to
 * the largest that would do; for others, those of the runtime.
 */
function anyBase({ compiled, knowledge, runtime }: Subject): BaseAfter | undefined {
  const bases = knowledge.ofRuntime(compiled ? 'none' : runtime);
  // What GCC's image compiles is linked with glibc.
  const variants = compiled || runtime !== 'none' ? ['alpine', 'slim', 'jre'] : ['slim'];
  const sizes = bases.filter(({ variant }) => variants.includes(variant)).map(({ compressedBytes }) => compressedBytes);
  if (sizes.length === 0) return undefined;
  return { bytes: { min: compiled ? 0 : Math.min(...sizes), max: Math.max(...sizes) }, unsure: !compiled };
}

const BUILD_TOOL = /(?:^|\/)(?:maven|gradle)(?::|$)/;

/** Whether a base is the image of a build tool of Java, which the last stage leaves behind. */
export function isBuildTool(reference: string): boolean {
  return BUILD_TOOL.test(reference);
}
