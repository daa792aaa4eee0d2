import { areaBytes, compressedShare, evidenceOf, exactly, hitFrom, totalOf, upTo } from '../evidence.ts';
import type { Evidence, Hit } from '../finding.ts';
import { type ImageView, type LayerView, variableOf } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import type { Command } from '../shell.ts';

/** A package manager's cache: how it gets into a layer, and how it is kept out. */
export interface PackageCache {
  readonly id: string;
  /** Where it lies, by the names of deep/areas.ts. */
  readonly areas: readonly string[];
  readonly title: string;
  readonly remedy: string;
  /** Its programs: an image that starts none of them is done. */
  readonly programs: readonly string[];
  /** A command that fills the cache. */
  readonly fills: (command: Command) => boolean;
  /** The same command told to keep nothing, or one that clears the cache in the same layer. */
  readonly avoids: (command: Command) => boolean;
  /** Variables of which any value switches the cache off. */
  readonly switchedOffBy?: readonly string[];
  /** At most so much of the layer is cache. */
  readonly largestShare: number;
  /** And at most so many compressed bytes, where the cache has a natural size. */
  readonly largestBytes?: number;
}

/** Buildah writes the mounts of a RUN before its script. */
const MOUNTS_CACHE = /^(?:--\S+\s+)*--mount=\S*type=cache/;
/** The smallest index any of these managers keeps is larger: a smaller layer holds no cache. */
const SMALLEST_CACHE_BYTES = 100_000;

/**
 * The rule for one package manager. From history alone the lower end is zero: most builders do not record cache mounts, so
 * a command that would fill the cache may have left nothing.
 */
export function packageCacheRule(cache: PackageCache): Rule {
  const { id, title } = cache;
  return { id, severity: 'warn', title, find: (view) => findCache(view, cache) };
}

function findCache(view: ImageView, cache: PackageCache): Hit | undefined {
  const likely = cache.programs.some((program) => view.ownPrograms.has(program));
  if (!likely && !view.image.contents) return undefined;
  const evidence = view.own.flatMap(
    (layer) => measuredCache(layer, cache.areas) ?? (likely ? likelyCache(layer, view, cache) : []),
  );
  // Managers leave locks and empty databases even where their caches were cleared.
  if (totalOf(evidence).max < SMALLEST_CACHE_BYTES) return undefined;
  return hitFrom(evidence, `${cache.title}: ${cache.remedy}`);
}

/** Undefined where the layer was not read. */
function measuredCache(layer: LayerView, areas: readonly string[]): Evidence[] | undefined {
  if (!layer.contents?.areaBytes) return undefined;
  const bytes = compressedShare(layer, areaBytes(layer.contents, areas));
  return bytes === 0 ? [] : [evidenceOf(layer, { bytes: exactly(bytes) })];
}

function likelyCache(layer: LayerView, view: ImageView, cache: PackageCache): Evidence[] {
  if (layer.bytes < SMALLEST_CACHE_BYTES || MOUNTS_CACHE.test(layer.args)) return [];
  if (!layer.commands.some(cache.fills) || layer.commands.some(cache.avoids)) return [];
  if (cache.switchedOffBy?.some((name) => (variableOf(view, layer, name) ?? '') !== '')) return [];
  const bytes = upTo(Math.min(layer.bytes * cache.largestShare, cache.largestBytes ?? layer.bytes));
  return [evidenceOf(layer, { bytes })];
}
