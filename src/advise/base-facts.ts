import { distroEndOfLife } from '../classify/end-of-life.ts';
import { type ImageVerdict, isCompiled, type KnownBase, type NewerBuild, runtimeOf } from '../classify/verdict.ts';
import type { BaseFacts, EndedRelease } from '../policy/audited-image.ts';
import { isExact, type Knowledge } from './alternatives.ts';
import { endedRuntime } from './releases.ts';

/** What an image's base is compared with. */
export interface BaseContext {
  /** The known images whose layers the image begins with, as passed to the classifier. */
  readonly bases: readonly KnownBase[];
  readonly knowledge: Knowledge;
  /** `2026-11-24` */
  readonly today: string;
}

/** Returns the facts about an image's base that depend on the date or the known bases, for the rules. */
export function baseFactsOf(verdict: ImageVerdict, { bases, knowledge, today }: BaseContext): BaseFacts {
  const ended = [endedDistro(verdict, today), endedRuntimeOf(verdict, today)].filter(
    (release) => release !== undefined,
  );
  const slimmer = slimmerOf(verdict, knowledge);
  const newerBuild = newerBuildOf(verdict, bases);
  return {
    ...(ended.length > 0 ? { ended } : {}),
    ...(slimmer ? { slimmer } : {}),
    ...(newerBuild ? { newerBuild } : {}),
  };
}

/**
 * Returns a newer build of the image's base. The base is stale only when none of its names refers to these layers any
 * more: FROM may have named the one that still does. Of several newer builds it returns the earliest, since the base is
 * at least that much out of date.
 */
function newerBuildOf({ base }: ImageVerdict, bases: readonly KnownBase[]): NewerBuild | undefined {
  if (base.confidence === 'unknown') return undefined;
  const below = bases.filter(({ layerCount }) => layerCount === base.layerCount);
  const newer = base.references.map((reference) => newestUnder(reference, below));
  const found = newer.flatMap((build) => build ?? []);
  return found.length < newer.length ? undefined : found.toSorted((a, b) => a.ageDays - b.ageDays)[0];
}

/** Returns the newer build under a name; undefined if the name still refers to these layers, or is unknown. */
function newestUnder(reference: string, bases: readonly KnownBase[]): NewerBuild | undefined {
  const named = bases.filter(({ references }) => references.includes(reference));
  const newer = named.flatMap(({ newerBuilds }) => newerBuilds?.find((build) => build.reference === reference) ?? []);
  return newer.length < named.length ? undefined : newer[0];
}

function endedDistro({ distro }: ImageVerdict, today: string): EndedRelease | undefined {
  const { id = '', version } = distro?.value ?? {};
  const endOfLife = version === undefined ? undefined : distroEndOfLife(id, version);
  return endOfLife !== undefined && endOfLife < today ? { name: `${id} ${version}`, endOfLife } : undefined;
}

function endedRuntimeOf(verdict: ImageVerdict, today: string): EndedRelease | undefined {
  const { name, version } = runtimeOf(verdict);
  return version === undefined ? undefined : endedRuntime(name, version, today);
}

/**
 * Returns the slimmest base of the image's own release whose size was measured; for a compiled program a distribution,
 * since it needs no compiler, unless the image is its compiler's own, as published. Alpine counts only if there is no other:
 * it is another distribution, not a leaner copy of the same one.
 */
function slimmerOf(verdict: ImageVerdict, knowledge: Knowledge): BaseFacts['slimmer'] {
  const { name, version } = runtimeOf(verdict);
  const needsNoRuntime = isCompiled(name) && !verdict.isPublished && verdict.distro?.value.id !== 'windows';
  for (const variants of [['slim', 'jre', 'minimal'], ['alpine']] as const) {
    const alternative = needsNoRuntime
      ? knowledge.smallestDistribution(variants)
      : knowledge.alternativeTo(verdict, variants);
    if (alternative && isExact(alternative, version)) {
      return { reference: alternative.reference, compressedBytes: alternative.compressedBytes };
    }
  }
  return undefined;
}
