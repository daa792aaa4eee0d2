import { distroEndOfLife } from '../classify/end-of-life.ts';
import type { ImageVerdict, KnownBase, NewerBuild } from '../classify/verdict.ts';
import type { BaseFacts } from '../policy/audited-image.ts';
import { isExact, type Knowledge } from './alternatives.ts';
import { endedRuntime } from './releases.ts';

/** What an image's base is held against. */
export interface BaseContext {
  /** The known images that the image begins with: those that the classifier was given. */
  readonly bases: readonly KnownBase[];
  readonly knowledge: Knowledge;
  /** `2026-11-24` */
  readonly today: string;
}

/** What the calendar and the known bases say about an image's base, for the rules. */
export function baseFactsOf(verdict: ImageVerdict, { bases, knowledge, today }: BaseContext): BaseFacts {
  const ended = endedDistro(verdict, today) ?? endedRuntimeOf(verdict, today);
  const slimmer = slimmerOf(verdict, knowledge);
  const newerBuild = newerBuildOf(verdict, bases);
  return { ...(ended ? { ended } : {}), ...(slimmer ? { slimmer } : {}), ...(newerBuild ? { newerBuild } : {}) };
}

/**
 * The base is stale when none of its names names its layers any more: while one does, FROM may have said that one. Of
 * several later builds the first is told, for the base is at least so old.
 */
function newerBuildOf({ base }: ImageVerdict, bases: readonly KnownBase[]): NewerBuild | undefined {
  if (base.confidence === 'unknown') return undefined;
  const below = bases.filter(({ layerCount }) => layerCount === base.layerCount);
  const newer = base.references.map((reference) => newestUnder(reference, below));
  const found = newer.flatMap((build) => build ?? []);
  return found.length < newer.length ? undefined : found.toSorted((a, b) => a.ageDays - b.ageDays)[0];
}

/** Undefined where the name still names these layers, or nobody knows it. */
function newestUnder(reference: string, bases: readonly KnownBase[]): NewerBuild | undefined {
  const named = bases.filter(({ references }) => references.includes(reference));
  const newer = named.flatMap(({ newerBuilds }) => newerBuilds?.find((build) => build.reference === reference) ?? []);
  return newer.length < named.length ? undefined : newer[0];
}

function endedDistro({ distro }: ImageVerdict, today: string): BaseFacts['ended'] {
  if (!distro?.value.version) return undefined;
  const endOfLife = distroEndOfLife(distro.value.id, distro.value.version);
  return endOfLife !== undefined && endOfLife < today
    ? { name: `${distro.value.id} ${distro.value.version}`, endOfLife }
    : undefined;
}

function endedRuntimeOf({ runtime }: ImageVerdict, today: string): BaseFacts['ended'] {
  return runtime?.value.version ? endedRuntime(runtime.value.name, runtime.value.version, today) : undefined;
}

/** A slim base of the image's own release; Alpine only where there is no other, for it is more than a leaner copy. */
function slimmerOf(verdict: ImageVerdict, knowledge: Knowledge): BaseFacts['slimmer'] {
  const version = verdict.runtime?.value.version;
  for (const variants of [['slim', 'jre', 'minimal'], ['alpine']] as const) {
    const alternative = knowledge.alternativeTo(verdict, variants);
    if (alternative && isExact(alternative, version)) {
      return { reference: alternative.reference, compressedBytes: alternative.compressedBytes };
    }
  }
  return undefined;
}
