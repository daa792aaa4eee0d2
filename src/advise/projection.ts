import { namesOf, type Runtime, type Variant } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import { totalBytes } from '../common/sum.ts';
import { type ByteRange, exactly } from '../measure/byte-range.ts';
import { isWindows } from '../oci/platform.ts';
import { isRuntimeItself, replaceableBytes } from '../policy/replaceable-bytes.ts';
import { type BaseAlternative, isExact, projectedSize } from './alternatives.ts';
import { isBuildTool } from './dockerfile/larger-base.ts';
import { goalBytes } from './goal.ts';
import { keptBytes, replacedAbove } from './kept-bytes.ts';
import { SMALLEST_SHARE } from './layer-shares.ts';
import { linksLibraries, needsGlibc } from './linking.ts';
import { needsPackages } from './own-packages.ts';
import { servesByApache, servesByTomcat, startNeedsShell } from './start.ts';
import type { Subject } from './subject.ts';
import {
  guideReduction,
  isBaseTechnique,
  type Technique,
  type TechniqueId,
  techniqueOf,
  warningsOf,
} from './technique.ts';

/** How large an image would be after some techniques. */
export interface Projection {
  readonly techniques: readonly TechniqueId[];
  /** Pull size in bytes. */
  readonly after: ByteRange;
  /** Bytes less than the present pull size. */
  readonly savings: ByteRange;
  /**
   * `measured`: from the real sizes of the bases and of the image's layers. `estimate`: from the slimming guide's
   * ranges, or with a base's size or boundary that is uncertain.
   */
  readonly basis: 'measured' | 'estimate';
  /** The base that the last stage would start from, if the techniques replace it by a known one. */
  readonly base?: string;
  /** What may break, for the image's runtime. */
  readonly warnings: readonly string[];
}

/**
 * Projects the size of an image after all the given techniques together.
 * @returns undefined if they do not apply: there is no such base, or they would not make the image smaller
 */
export function projectTechniques(subject: Subject, ids: readonly TechniqueId[]): Projection | undefined {
  const techniques = ids.map(techniqueOf);
  if (!techniques.every((technique) => applies(technique, ids, subject))) return undefined;
  const swap = baseAfter(subject, ids);
  const after = swap ? measuredAfter(subject, ids, swap.bytes) : estimatedAfter(subject, ids);
  if (!after || after.min >= subject.currentBytes) return projectWithoutGain(subject, ids);
  return {
    techniques: ids,
    after,
    savings: { min: subject.currentBytes - after.max, max: subject.currentBytes - after.min },
    basis: swap && !swap.unsure ? 'measured' : 'estimate',
    ...(swap?.reference ? { base: swap.reference } : {}),
    warnings: techniques.flatMap((technique) => warningsOf(technique, subject.runtime)),
  };
}

/** Layer order removes no bytes, but is still listed if a rule asks for it: it speeds up builds and shares layers. */
function projectWithoutGain(subject: Subject, ids: readonly TechniqueId[]): Projection | undefined {
  if (ids.length !== 1 || ids[0] !== 'layer-order') return undefined;
  return {
    techniques: ids,
    after: exactly(subject.currentBytes),
    savings: exactly(0),
    basis: 'measured',
    warnings: [],
  };
}

function applies(technique: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  if (subject.view.image.verdict.isPublished) return isOtherEdition(technique, subject);
  if (technique.kind === 'findings') return subject.findings.some(({ rule }) => technique.rules.includes(rule));
  if (technique.kind === 'stages') return canSplit(subject);
  if (
    isWindows(subject.view.image.config) ||
    isBaseless(subject) ||
    !isSlimmer(technique, ids, subject) ||
    !mayBeSmaller(technique, ids, subject)
  )
    return false;
  // It is unknown which libraries an unknown program loads, so it stays on its distribution.
  if (technique.id === 'slim-base' || subject.runtime === 'none') return technique.id === 'slim-base';
  if (isServedOnDebian(subject)) return false;
  if (technique.id === 'alpine-base') return !needsGlibc(subject.view);
  // An empty base has room for neither an interpreter nor, in a single stage, a compiler.
  if (technique.id === 'scratch-base')
    return subject.compiled && ids.includes('multi-stage') && !needsDistribution(subject);
  return alternativeFor(subject, ids, technique.variants) !== undefined && !needsDistribution(subject);
}

/**
 * Reports whether a technique exchanges a full published image for a slimmer edition. Nothing else makes it smaller: nobody
 * but its publisher can change how it is built.
 */
function isOtherEdition({ id, variants }: Technique, subject: Subject): boolean {
  const { view, knowledge, currentBytes } = subject;
  if (!isRuntimeItself(view.image) || !isFat(subject) || (id !== 'slim-base' && id !== 'alpine-base')) return false;
  const edition = knowledge.alternativeTo(view.image.verdict, variants);
  return edition !== undefined && edition.compressedBytes < currentBytes;
}

/**
 * Reports whether a program needs its distribution: a start script, packages that its steps installed, or C libraries.
 * Remembered, because it is asked dozens of times per image and has to parse the image's scripts.
 */
const needsDistribution: (subject: Subject) => boolean = rememberOf(
  ({ view, runtime }) => startNeedsShell(view, runtime) || needsPackages(view) || linksLibraries(view, runtime),
);

/** Reports whether PHP runs in Apache, or Java in Tomcat, whose official images exist on Debian and Ubuntu only. */
function isServedOnDebian({ view, runtime }: Subject): boolean {
  const { config } = view.image;
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
 * Reports whether a technique's bases are leaner than the present one. As lean will do where that one stays behind, or is
 * a distribution on which the image's own steps installed the runtime.
 */
function isSlimmer({ variants }: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  const current = subject.view.image.verdict.variant?.value;
  const rankOf = (variant: Variant | undefined) =>
    RANKS.findIndex((rank) => variant !== undefined && rank.includes(variant));
  const [rank, present] = [rankOf(variants[0]), Math.max(0, rankOf(current))];
  return rank > present || (rank === present && (leavesBase(subject, ids) || replacedOwnBytes(subject, ids) > 0));
}

/** Returns the most bytes of the image's own layers that a base with the runtime replaces: where these installed it. */
function replacedOwnBytes({ removable, view }: Subject, ids: readonly TechniqueId[]): number {
  return view.image.verdict.runtimeLayers === undefined ? replacedAbove(removable, ids) : 0;
}

/**
 * Runtimes whose publishers offer no slim image, only a small one on Alpine. `none` is among them: a distribution has a
 * slim image only if one is known.
 */
const WITHOUT_SLIM: readonly Runtime[] = ['none', 'php', 'dotnet', 'nginx', 'httpd', 'caddy', 'deno'];

/** Reports whether the alternative base may be smaller: it may exist, and is not known to be at least as large. */
function mayBeSmaller({ variants }: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  const alternative = alternativeFor(subject, ids, variants);
  if (!alternative) return !(variants.includes('slim') && WITHOUT_SLIM.includes(subject.runtime));
  const replaced = replacedBytes(subject, ids);
  return replaced === undefined || alternative.compressedBytes < replaced.max + replacedOwnBytes(subject, ids);
}

function isBaseless({ view }: Subject): boolean {
  return view.image.verdict.base.layerCount === 0;
}

/** Reports whether the last stage does what an earlier one could do: it compiles, or adds what only builds need. */
function canSplit(subject: Subject): boolean {
  const { view, findings } = subject;
  if (isBaseless(subject) || !worksInLastStage(subject)) return false;
  const compiles = view.own.some((layer) => layer.class === 'build-tools');
  // With several stages, as after COPY --from=composer, it is for the last one that the layers themselves show it.
  if (view.image.verdict.multiStage.value === 'yes') return compiles;
  return compiles || findings.some(({ rule }) => BUILD_RULES.includes(rule));
}

/** Rules that find what only a build needs. */
const BUILD_RULES = ['build-tools', 'dev-dependencies', 'maven-cache', 'gradle-cache', 'go-build-cache'];

/** Files that were merely copied onto a base were already built by an earlier stage, or by a pipeline. */
function worksInLastStage({ view, compiled }: Subject): boolean {
  return compiled || view.own.length === 0 || view.own.some(({ verb }) => verb !== 'COPY' && verb !== 'WORKDIR');
}

/** The base of the image after some techniques. */
interface BaseSwap {
  /** Compressed bytes of its layers. */
  readonly bytes: ByteRange;
  /** Whether the size is an estimate. */
  readonly unsure: boolean;
  readonly reference?: string;
}

/** Returns the base after the techniques with its size; undefined if no real size is known. */
function baseAfter(subject: Subject, ids: readonly TechniqueId[]): BaseSwap | undefined {
  const { baseBytes } = subject.view;
  if (baseBytes === undefined) return undefined;
  const swap = ids.find(isBaseTechnique);
  if (swap) return swapBase(techniqueOf(swap), ids, subject);
  if (leavesBase(subject, ids)) return anyBase(subject);
  return { bytes: exactly(baseBytes), unsure: false };
}

function swapBase(swap: Technique, ids: readonly TechniqueId[], subject: Subject): BaseSwap | undefined {
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
function replacedBytes(subject: Subject, ids: readonly TechniqueId[]): ByteRange | undefined {
  const { baseBytes } = subject.view;
  return baseBytes === undefined || !leavesBase(subject, ids) ? replaceableBytes(subject.view) : exactly(baseBytes);
}

/** Bytes that a base replaces: of the present one, and of the image's own layers, by which it may be larger. */
interface ReplacedBytes {
  readonly base: ByteRange;
  readonly own: number;
}

function swapTo(
  alternative: BaseAlternative,
  { base: replaced, own }: ReplacedBytes,
  { runtimeVersion, view }: Subject,
): BaseSwap {
  const { baseBytes = 0 } = view;
  const size = projectedSize(alternative, runtimeVersion);
  // The last stage starts from a variant of Tomcat's image, which is on the alternative.
  const keepsTomcat = replaced.max < baseBytes && servesByTomcat(view.image.config);
  return {
    bytes: {
      min: baseBytes - Math.max(-own, replaced.max - size.min),
      max: baseBytes - Math.max(-own, replaced.min - size.max),
    },
    unsure: replaced.min < replaced.max || !isExact(alternative, runtimeVersion),
    ...(keepsTomcat ? {} : { reference: alternative.reference }),
  };
}

/**
 * Returns an estimate for a base without a known alternative. The slimming guide's range is applied to the base alone,
 * since the program above it keeps its size.
 */
function guessedSwap({ reduction }: Technique, replaced: ByteRange, subject: Subject): BaseSwap | undefined {
  const { baseBytes = 0 } = subject.view;
  if (!reduction || !isFat(subject)) return undefined;
  const [least, most] = reduction;
  return {
    bytes: { min: Math.round(baseBytes - replaced.max * most), max: Math.round(baseBytes - replaced.min * least) },
    unsure: true,
  };
}

/** The slimming guide's ranges are for images on full bases; they do not hold for those slimmed already. */
function isFat({ view }: Subject): boolean {
  const { variant } = view.image.verdict;
  return !variant || variant.value === 'full' || variant.value === 'jdk';
}

/** Reports whether the compiler stays behind in an earlier stage: the last one needs a distribution at most. */
function leavesCompiler({ compiled }: Subject, ids: readonly TechniqueId[]): boolean {
  return compiled && ids.includes('multi-stage');
}

/** Reports whether the whole base stays behind in an earlier stage: a compiler's, or a build tool's. */
export function leavesBase(subject: Subject, ids: readonly TechniqueId[]): boolean {
  const isTool = namesOf(subject.view.image.verdict.base).some(isBuildTool);
  return leavesCompiler(subject, ids) || (isTool && ids.includes('multi-stage'));
}

/** Returns the base that the last stage would start from. */
function alternativeFor(
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
function anyBase({ compiled, knowledge, runtime }: Subject): BaseSwap | undefined {
  const bases = knowledge.ofRuntime(compiled ? 'none' : runtime);
  const sizes = bases
    .filter(({ variant }) => ['alpine', 'slim', 'jre'].includes(variant))
    .map(({ compressedBytes }) => compressedBytes);
  if (sizes.length === 0) return undefined;
  return { bytes: { min: compiled ? 0 : Math.min(...sizes), max: Math.max(...sizes) }, unsure: !compiled };
}

function measuredAfter(subject: Subject, ids: readonly TechniqueId[], base: ByteRange): ByteRange {
  const { removable, currentBytes } = subject;
  const kept = keptBytes(removable, ids);
  return { min: Math.min(currentBytes, base.min + kept.min), max: Math.min(currentBytes, base.max + kept.max) };
}

/**
 * Estimates the size by the slimming guide's ranges, for images whose base boundary is unknown. Never below what the
 * program itself is assumed to need.
 */
function estimatedAfter(subject: Subject, ids: readonly TechniqueId[]): ByteRange | undefined {
  const { view, currentBytes } = subject;
  if (view.baseBytes !== undefined || !isFat(subject)) return undefined;
  const reduction = guideReduction(ids);
  if (!reduction) return undefined;
  const floor = Math.round(totalBytes(view.own) * SMALLEST_SHARE);
  const max = Math.max(floor, Math.round(currentBytes * (1 - reduction[0])));
  // Rounded like goals: a byte more would miss a goal that is the guide's own figure, such as 90 %, for every other size.
  return { min: Math.max(floor, goalBytes({ kind: 'reduction', ratio: reduction[1] }, currentBytes)), max };
}
