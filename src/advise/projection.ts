import type { Runtime, Variant } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import type { ByteRange } from '../policy/finding.ts';
import { type BaseAlternative, isExact, sizeOf } from './alternatives.ts';
import { keptBytes, SMALLEST_SHARE } from './kept-bytes.ts';
import { linksLibraries } from './linking.ts';
import { needsPackages } from './own-packages.ts';
import { servesByApache, startNeedsShell } from './start.ts';
import type { Subject } from './subject.ts';
import { guideReduction, type Technique, type TechniqueId, techniqueOf, warningsOf } from './technique.ts';

/** What an image would weigh after some techniques. */
export interface Projection {
  readonly techniques: readonly TechniqueId[];
  /** Pull size, bytes. */
  readonly after: ByteRange;
  readonly savings: ByteRange;
  /** `measured`: from real sizes of the bases and of the image's layers. `estimate`: from the ranges of the guide. */
  readonly basis: 'measured' | 'estimate';
  /** The base that the last stage would start from, where the techniques swap it and one is known. */
  readonly base?: string;
  readonly warnings: readonly string[];
}

/**
 * Projects techniques onto an image, all together.
 * @returns undefined where they do not apply: no such base, or nothing that they would change
 */
export function projectTechniques(subject: Subject, ids: readonly TechniqueId[]): Projection | undefined {
  const techniques = ids.map(techniqueOf);
  if (!techniques.every((technique) => applies(technique, ids, subject))) return undefined;
  const swap = baseAfter(subject, ids);
  const after = swap ? measuredAfter(subject, ids, swap.bytes) : estimatedAfter(subject, ids);
  if (!after || after.min >= subject.currentBytes) return emptyGain(subject, ids);
  return {
    techniques: ids,
    after,
    savings: { min: subject.currentBytes - after.max, max: subject.currentBytes - after.min },
    basis: swap && !swap.unsure ? 'measured' : 'estimate',
    ...(swap?.reference ? { base: swap.reference } : {}),
    warnings: techniques.flatMap((technique) => warningsOf(technique, subject.runtime)),
  };
}

/** A technique that takes no bytes off is still named where a rule asked for it: it saves builds and shares layers. */
function emptyGain(subject: Subject, ids: readonly TechniqueId[]): Projection | undefined {
  if (ids.length !== 1 || ids[0] !== 'layer-order') return undefined;
  const { currentBytes } = subject;
  return {
    techniques: ids,
    after: { min: currentBytes, max: currentBytes },
    savings: { min: 0, max: 0 },
    basis: 'measured',
    warnings: [],
  };
}

function applies(technique: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  if (technique.kind === 'findings') return subject.findings.some(({ rule }) => technique.rules.includes(rule));
  if (technique.kind === 'stages') return canSplit(subject);
  if (isBaseless(subject) || !isSlimmer(technique, subject) || !mayBeSmaller(technique, ids, subject)) return false;
  // Of an unknown program nobody knows which libraries it loads: it stays on its distribution.
  if (technique.id === 'slim-base' || subject.runtime === 'none') return technique.id === 'slim-base';
  if (technique.id === 'alpine-base') return !isServedByApache(subject);
  // A program needs its compiler in a single stage, and an interpreter always.
  if (technique.id === 'scratch-base')
    return subject.compiled && ids.includes('multi-stage') && !needsDistribution(subject);
  return alternativeFor(subject, ids, technique.variants) !== undefined && !needsDistribution(subject);
}

/**
 * A script that starts it, packages that its steps installed, C libraries: none are there without a distribution. Asked
 * for dozens of times an image, and answered by taking its scripts apart.
 */
const needsDistribution: (subject: Subject) => boolean = rememberOf(
  ({ view, runtime }) => startNeedsShell(view, runtime) || needsPackages(view) || linksLibraries(view, runtime),
);

/** PHP's images with Apache are built on Debian alone. */
function isServedByApache({ view, runtime }: Subject): boolean {
  return runtime === 'php' && servesByApache(view.image.config);
}

/** Variants from the fattest to the slimmest; one that is not named stands with the first. */
const RANKS: readonly (readonly Variant[])[] = [
  ['full', 'jdk'],
  ['slim', 'jre', 'minimal'],
  ['alpine'],
  ['distroless'],
  ['scratch'],
];

function isSlimmer({ variants }: Technique, { view }: Subject): boolean {
  const current = view.image.verdict.variant?.value;
  const rankOf = (variant: Variant | undefined) =>
    RANKS.findIndex((rank) => variant !== undefined && rank.includes(variant));
  return rankOf(variants[0]) > Math.max(0, rankOf(current));
}

/** Runtimes whose publishers have no slim image: Alpine's is their small one. Of no runtime: no distribution's that we know. */
const WITHOUT_SLIM: readonly Runtime[] = ['none', 'php', 'dotnet', 'nginx', 'httpd', 'caddy', 'deno'];

/** Not where nobody publishes one, and not where both sizes are known, and the alternative's is no smaller. */
function mayBeSmaller({ variants }: Technique, ids: readonly TechniqueId[], subject: Subject): boolean {
  const alternative = alternativeFor(subject, ids, variants);
  if (!alternative) return !(variants.includes('slim') && WITHOUT_SLIM.includes(subject.runtime));
  const replaced = replacedBytes(subject, ids);
  return replaced === undefined || alternative.compressedBytes < replaced.max;
}

function isBaseless({ view }: Subject): boolean {
  const { base } = view.image.verdict;
  return base.layerCount === 0 || (base.confidence === 'unknown' && base.reason === 'scratch');
}

/** Whether the last stage does work that an earlier one could: it compiles, or brings what only a build needs. */
function canSplit(subject: Subject): boolean {
  const { view, findings } = subject;
  if (view.image.verdict.multiStage.value === 'yes' || isBaseless(subject) || !worksInLastStage(subject)) return false;
  const tells = ['build-tools', 'dev-dependencies', 'maven-cache', 'gradle-cache', 'go-build-cache'];
  return (
    findings.some(({ rule }) => tells.includes(rule)) || view.own.some(({ class: made }) => made === 'build-tools')
  );
}

/** Files that were only copied onto a base are what an earlier stage, or a pipeline, has made already. */
function worksInLastStage({ view, compiled }: Subject): boolean {
  return compiled || view.own.length === 0 || view.own.some(({ verb }) => verb !== 'COPY' && verb !== 'WORKDIR');
}

interface BaseSwap {
  readonly bytes: ByteRange;
  readonly unsure: boolean;
  readonly reference?: string;
}

/** The base after the techniques, with its size; undefined where no real size is known. */
function baseAfter(subject: Subject, ids: readonly TechniqueId[]): BaseSwap | undefined {
  const { baseBytes } = subject;
  if (baseBytes === undefined) return undefined;
  const swap = ids.map(techniqueOf).find(({ kind }) => kind === 'base');
  if (swap) return swapped(swap, ids, subject);
  if (leavesCompiler(subject, ids)) return anyBase(subject);
  return { bytes: { min: baseBytes, max: baseBytes }, unsure: false };
}

function swapped(swap: Technique, ids: readonly TechniqueId[], subject: Subject): BaseSwap | undefined {
  const replaced = replacedBytes(subject, ids);
  if (!replaced) return undefined;
  return swapTo(alternativeFor(subject, ids, swap.variants), replaced, subject) ?? guessedSwap(swap, replaced, subject);
}

/** What another base stands in for: of a compiled program's base in two stages all, of any other its runtime. */
function replacedBytes(subject: Subject, ids: readonly TechniqueId[]): ByteRange | undefined {
  const { baseBytes, view } = subject;
  if (baseBytes === undefined || !leavesCompiler(subject, ids)) return view.replaceableBytes;
  return { min: baseBytes, max: baseBytes };
}

function swapTo(
  alternative: BaseAlternative | undefined,
  replaced: ByteRange,
  { baseBytes = 0, runtimeVersion }: Subject,
): BaseSwap | undefined {
  if (!alternative) return undefined;
  const size = sizeOf(alternative, runtimeVersion);
  return {
    bytes: {
      min: baseBytes - Math.max(0, replaced.max - size.min),
      max: baseBytes - Math.max(0, replaced.min - size.max),
    },
    unsure: replaced.min < replaced.max || !isExact(alternative, runtimeVersion),
    reference: alternative.reference,
  };
}

/** Where nobody measured an alternative, the guide's range is of the base alone: the program weighs what it weighs. */
function guessedSwap({ reduction }: Technique, replaced: ByteRange, subject: Subject): BaseSwap | undefined {
  const { baseBytes = 0 } = subject;
  if (!reduction || !isFat(subject)) return undefined;
  const [least, most] = reduction;
  return {
    bytes: { min: Math.round(baseBytes - replaced.max * most), max: Math.round(baseBytes - replaced.min * least) },
    unsure: true,
  };
}

/** The guide speaks of fat images: of one that was slimmed already it says nothing. */
function isFat({ view }: Subject): boolean {
  const { variant } = view.image.verdict;
  return !variant || variant.value === 'full' || variant.value === 'jdk';
}

/** A compiled program in two stages: its last one stands on a distribution, or on nothing. */
function leavesCompiler({ compiled }: Subject, ids: readonly TechniqueId[]): boolean {
  return compiled && ids.includes('multi-stage');
}

/** What the last stage would start from. */
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

/** A compiled program in two stages, its last base not chosen yet: from the smallest to the largest that would do. */
function anyBase(subject: Subject): BaseSwap | undefined {
  const bases = subject.knowledge.of('none').filter(({ variant }) => variant === 'alpine' || variant === 'slim');
  if (bases.length === 0) return undefined;
  const sizes = bases.map(({ compressedBytes }) => compressedBytes);
  return { bytes: { min: 0, max: Math.max(...sizes) }, unsure: false };
}

function measuredAfter(subject: Subject, ids: readonly TechniqueId[], base: ByteRange): ByteRange {
  const { removable, currentBytes } = subject;
  const kept = keptBytes(removable, ids);
  return { min: Math.min(currentBytes, base.min + kept.min), max: Math.min(currentBytes, base.max + kept.max) };
}

/** By the guide's ranges, for images of which nobody knows where the base ends; never below what the program itself needs. */
function estimatedAfter(subject: Subject, ids: readonly TechniqueId[]): ByteRange | undefined {
  const { view, currentBytes, baseBytes } = subject;
  if (baseBytes !== undefined || !isFat(subject)) return undefined;
  const reduction = guideReduction(ids);
  if (!reduction) return undefined;
  const floor = Math.round(view.own.reduce((sum, layer) => sum + layer.bytes, 0) * SMALLEST_SHARE);
  const max = Math.max(floor, Math.round(currentBytes * (1 - reduction[0])));
  return { min: Math.max(floor, Math.round(currentBytes * (1 - reduction[1]))), max };
}
