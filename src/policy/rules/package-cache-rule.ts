import { copiesFiles } from '../../classify/history/instruction.ts';
import { upTo } from '../../measure/byte-range.ts';
import { filesIn } from '../compressed-share.ts';
import { evidenceOf, hitFrom, measuredFiles, totalOf, wholeLayer } from '../evidence.ts';
import type { Evidence, Hit } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import type { Command } from '../shell.ts';
import { variableSeenBy } from '../variables.ts';

/** A package manager's cache: how it gets into a layer, and how it is kept out. */
export interface PackageCache {
  /** The rule's id. */
  readonly id: string;
  /** The areas that the cache occupies, by their names in config/files.json. */
  readonly areas: readonly string[];
  readonly title: string;
  readonly remedy: string;
  /** The manager's programs. An image whose steps run none of them is skipped, unless its layers were read. */
  readonly programs: readonly string[];
  /** Whether a command fills the cache. */
  readonly fills: (command: Command) => boolean;
  /** Whether a command keeps no cache, or clears it; then the command's layer holds none. */
  readonly avoids: (command: Command) => boolean;
  /**
   * Whether a command installs what a file of the project lists, rather than packages that it names. Absent:
   * none does.
   */
  readonly readsList?: (command: Command) => boolean;
  /** The layers that were copied only to be installed by a later one, and stay. Absent: none are. */
  readonly leftovers?: { readonly of: (view: ImageView) => ReadonlySet<LayerView>; readonly remedy: string };
  /** Whether a command has its step and all later ones keep no cache, or shows that they mount one. Absent: none does. */
  readonly switchesOff?: (command: Command) => boolean;
  /** Environment variables that with any value but an empty one disable the cache, or show that it is mounted. */
  readonly switchedOffBy?: readonly string[];
  /** The largest share of the layer (0 to 1) that may be cache. */
  readonly largestShare: number;
  /** The most compressed bytes that the cache may have; undefined if there is no natural limit. */
  readonly largestBytes?: number;
}

/** Buildah writes the mounts of a RUN before its script, which begins a subshell in a merged layer. */
const MOUNTS_CACHE = /(?:^|(?<!\S)\( )(?:--\S+\s+)*--mount=\S*type=cache/;
/** A copy of programs alone, such as those of uv. */
const INTO_BIN = /\s\/(?:usr\/(?:local\/)?)?s?bin(?:\/\S*)?$/;
/** Programs that bring or write files of a project, so that no copy need precede an installation. */
const BRING_FILES = 'git svn hg curl wget aws gsutil tar unzip cp mv cat tee echo printf'.split(' ');
/** A smaller layer holds no cache: the smallest index of any of these managers is larger. */
const SMALLEST_CACHE_BYTES = 100_000;

/**
 * Makes the rule for one package manager's cache. From history alone, the lower end of its bytes is zero: most builders
 * do not record cache mounts, so a command that fills the cache may have left nothing in the layer.
 */
export function packageCacheRule(cache: PackageCache): Rule {
  const { id, title } = cache;
  return { id, severity: 'warn', title, find: (view) => findCache(view, cache) };
}

function findCache(view: ImageView, cache: PackageCache): Hit | undefined {
  const usesManager = cache.programs.some((program) => view.ownPrograms.has(program));
  if (!usesManager && !view.image.contents) return undefined;
  const mayFill = usesManager && !mountsList(view, cache);
  const leftovers = usesManager ? cache.leftovers?.of(view) : undefined;
  const off = view.own.find(({ commands }) => cache.switchesOff !== undefined && commands.some(cache.switchesOff));
  const evidence = view.own.flatMap((layer) => {
    if (leftovers?.has(layer)) return [wholeLayer(layer)];
    if (layer.contents) return measuredFiles(layer, filesIn(layer.contents, cache.areas));
    return mayFill && !(off && off.position <= layer.position) ? likelyCache(layer, view, cache) : [];
  });
  // Managers leave lock files and empty databases behind even after their caches were cleared.
  if (totalOf(evidence).max < SMALLEST_CACHE_BYTES) return undefined;
  const remedies = leftovers?.size ? [cache.remedy, cache.leftovers?.remedy] : [cache.remedy];
  return hitFrom(evidence, `${cache.title}: ${remedies.join('; ')}`);
}

function likelyCache(layer: LayerView, view: ImageView, cache: PackageCache): Evidence[] {
  if (layer.bytes < SMALLEST_CACHE_BYTES || MOUNTS_CACHE.test(layer.args)) return [];
  if (!layer.commands.some(cache.fills) || layer.commands.some(cache.avoids)) return [];
  if (cache.switchedOffBy?.some((name) => (variableSeenBy(view, layer, name) ?? '') !== '')) return [];
  const bytes = upTo(Math.min(layer.bytes * cache.largestShare, cache.largestBytes ?? layer.bytes));
  return [evidenceOf(layer, { bytes })];
}

/**
 * Whether a list of packages must have been mounted for an installation, because nothing was copied before, not
 * in the base either. BuildKit records no mounts, but who mounts the list mounts the cache, too: `docker init` and uv's
 * documentation do. Classic builders mount nothing, and Buildah records it, so there nothing has to be concluded.
 */
function mountsList({ layers, own, steps, ownPrograms }: ImageView, { readsList }: PackageCache): boolean {
  if (!readsList || BRING_FILES.some((program) => ownPrograms.has(program))) return false;
  const ofBuildKit = new Set(steps.flatMap(({ tool, layer }) => (tool === 'buildkit' ? (layer ?? []) : [])));
  const firstCopy = layers.find(bringsFiles)?.position ?? layers.length;
  return own.some(
    ({ position, args, commands }) =>
      position < firstCopy && ofBuildKit.has(position) && !args.startsWith('--') && commands.some(readsList),
  );
}

/** The first layer is a distribution's. */
function bringsFiles({ position, verb, args }: LayerView): boolean {
  return position > 0 && copiesFiles(verb) && !INTO_BIN.test(args);
}
