import { groupBy } from '../common/group-by.ts';
import type { Digest } from '../oci/digest.ts';

/** A layer as the registry stores it. */
export interface StoredLayer {
  readonly digest: Digest;
  /** Compressed. */
  readonly bytes: number;
}

/** One image of a repository that stands on the base to be swapped. */
export interface MovingImage {
  readonly repository: string;
  readonly team: string;
  /** Within it the registry keeps a blob once: a name of the registry, of a repository or of a namespace. */
  readonly scope: string;
  /** How many tags of the repository name it. */
  readonly tags: number;
  /** All layers, base first. */
  readonly layers: readonly StoredLayer[];
  /** How many of them are the base's; builds of one base, months apart, have different layers. */
  readonly baseLayers: number;
}

/** The base to move to: its name, and the layers it consists of. */
export interface WhatIfBase {
  readonly reference: string;
  readonly layers: readonly StoredLayer[];
}

/** Layers that images hold which do not move, by scope. */
export type HeldLayers = ReadonlyMap<string, ReadonlySet<Digest>>;

/** What swapping one base for another changes. Bytes are compressed; savings are positive. */
export interface WhatIf {
  readonly from: string;
  readonly to: string;
  /** One that is in several repositories counts in each. */
  readonly images: number;
  readonly teams: readonly { readonly team: string; readonly repositories: number; readonly images: number }[];
  /** Off each cold pull of such an image: the mean over the images. */
  readonly perPullBytes: number;
  /** Off the registry's storage: layers that nothing needs any more, less those of the new base that it lacks. */
  readonly storedBytes: number;
  /** Over all tags, as if nothing were shared. */
  readonly logicalBytes: number;
}

/**
 * What the fleet would gain if every image on one base stood on another. Each blob counts once a scope: the old base's
 * layers go only where no other image holds them, and the new base's come only where none holds them already.
 * @param heldElsewhere of the layers of either base
 */
export function whatIf(
  from: string,
  to: WhatIfBase,
  moving: readonly MovingImage[],
  heldElsewhere: HeldLayers,
): WhatIf {
  const savings = moving.map((image) => ({
    image,
    bytes: bytesOf(distinct(baseOf(image))) - bytesOf(distinct(to.layers)),
  }));
  const total = savings.reduce((bytes, saving) => bytes + saving.bytes, 0);
  return {
    from,
    to: to.reference,
    images: moving.length,
    teams: byTeam(moving),
    perPullBytes: moving.length === 0 ? 0 : Math.round(total / moving.length),
    storedBytes: storedSavings(to, moving, heldElsewhere),
    logicalBytes: savings.reduce((bytes, saving) => bytes + saving.image.tags * saving.bytes, 0),
  };
}

function storedSavings(to: WhatIfBase, moving: readonly MovingImage[], heldElsewhere: HeldLayers): number {
  let bytes = 0;
  for (const [scope, images] of groupBy(moving, (image) => image.scope)) {
    const held = heldElsewhere.get(scope) ?? new Set();
    bytes += bytesOf(freedLayers(images, to, held)) - bytesOf(addedLayers(images, to, held));
  }
  return bytes;
}

function baseOf({ layers, baseLayers }: MovingImage): readonly StoredLayer[] {
  return layers.slice(0, baseLayers);
}

/** Layers of the old base that no image holds once those on it have moved. */
function freedLayers(
  moving: readonly MovingImage[],
  to: WhatIfBase,
  heldElsewhere: ReadonlySet<Digest>,
): readonly StoredLayer[] {
  const needed = new Set([...heldElsewhere, ...to.layers.map(({ digest }) => digest)]);
  for (const { layers, baseLayers } of moving) for (const { digest } of layers.slice(baseLayers)) needed.add(digest);
  return distinct(moving.flatMap(baseOf)).filter(({ digest }) => !needed.has(digest));
}

/** Layers of the new base that no image holds yet. */
function addedLayers(
  moving: readonly MovingImage[],
  to: WhatIfBase,
  heldElsewhere: ReadonlySet<Digest>,
): readonly StoredLayer[] {
  const held = new Set([...heldElsewhere, ...moving.flatMap(({ layers }) => layers.map(({ digest }) => digest))]);
  return distinct(to.layers).filter(({ digest }) => !held.has(digest));
}

function distinct(layers: readonly StoredLayer[]): readonly StoredLayer[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

function bytesOf(layers: readonly StoredLayer[]): number {
  return layers.reduce((total, { bytes }) => total + bytes, 0);
}

function byTeam(moving: readonly MovingImage[]): WhatIf['teams'] {
  const teams = new Map<string, { repositories: Set<string>; images: number }>();
  for (const { team, repository } of moving) {
    const entry = teams.get(team) ?? { repositories: new Set(), images: 0 };
    entry.repositories.add(repository);
    entry.images += 1;
    teams.set(team, entry);
  }
  return [...teams]
    .map(([team, { repositories, images }]) => ({ team, repositories: repositories.size, images }))
    .sort((a, b) => b.images - a.images || a.team.localeCompare(b.team));
}
