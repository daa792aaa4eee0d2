import { groupBy } from '../common/group-by.ts';
import { sum, totalBytes } from '../common/sum.ts';
import type { Digest } from '../oci/digest.ts';

/** A layer as the registry lists it. */
export interface StoredLayer {
  readonly digest: Digest;
  /** Compressed size. */
  readonly bytes: number;
  /** Whether it is kept elsewhere, so that pulls transfer it but the registry does not store it; default: no. */
  readonly foreign?: boolean;
}

/** One image of a repository that is built on the base to be replaced. */
export interface MovingImage {
  readonly team: string;
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  /** The tags of the repository that point to it. */
  readonly tags: readonly string[];
  /** The registry, namespace or repository within which a blob is stored once. */
  readonly scope: string;
  /** All layers, base first. */
  readonly layers: readonly StoredLayer[];
  /** How many of the layers are the base's. Different builds of one base have different layers. */
  readonly baseLayers: number;
}

/** The base to move to. */
export interface WhatIfBase {
  readonly reference: string;
  readonly layers: readonly StoredLayer[];
}

/** The layers that images not being moved use, by scope. */
export type HeldLayers = ReadonlyMap<string, ReadonlySet<Digest>>;

/** The effect of replacing one base by another. Bytes are compressed; savings are positive. */
export interface WhatIf {
  readonly from: string;
  readonly to: string;
  /** The number of images moved; an image in several repositories counts once in each. */
  readonly images: number;
  readonly teams: readonly { readonly team: string; readonly repositories: number; readonly images: number }[];
  /** The images moved, in the order given, with what a cold pull of each saves. */
  readonly moved: readonly (Omit<MovingImage, 'scope' | 'layers' | 'baseLayers'> & { readonly perPullBytes: number })[];
  /** Saved by each cold pull of such an image: the mean over the images. */
  readonly perPullBytes: number;
  /** Saved in the registry's storage: layers that become unused, less those of the new base that must be added. */
  readonly storedBytes: number;
  /** Saved over all tags, as if no layers were shared. */
  readonly logicalBytes: number;
}

/**
 * Returns what would be saved if every image on one base were built on another. Each blob counts once per scope: layers
 * of the old base are freed only if no other image uses them, and layers of the new base are added only if none uses
 * them yet.
 * @param heldElsewhere the layers of either base that images not being moved use
 */
export function whatIf(
  from: string,
  to: WhatIfBase,
  moving: readonly MovingImage[],
  heldElsewhere: HeldLayers,
): WhatIf {
  const bytesOfBase = totalBytes(distinct(to.layers));
  const moved = moving.map(({ scope, layers, baseLayers, ...image }) => ({
    ...image,
    perPullBytes: totalBytes(distinct(layers.slice(0, baseLayers))) - bytesOfBase,
  }));
  return {
    from,
    to: to.reference,
    images: moving.length,
    teams: byTeam(moving),
    moved,
    perPullBytes: Math.round(sum(moved.map(({ perPullBytes }) => perPullBytes)) / Math.max(1, moved.length)),
    storedBytes: storedSavings(to, moving, heldElsewhere),
    logicalBytes: sum(moved.map(({ tags, perPullBytes }) => tags.length * perPullBytes)),
  };
}

function storedSavings(to: WhatIfBase, moving: readonly MovingImage[], heldElsewhere: HeldLayers): number {
  let bytes = 0;
  for (const [scope, images] of groupBy(moving, (image) => image.scope)) {
    const held = heldElsewhere.get(scope) ?? new Set();
    bytes += storedBytesOf(freedLayers(images, to, held)) - storedBytesOf(addedLayers(images, to, held));
  }
  return bytes;
}

function baseOf({ layers, baseLayers }: MovingImage): readonly StoredLayer[] {
  return layers.slice(0, baseLayers);
}

/** Returns the layers of the old base that no image uses once the images have moved. */
function freedLayers(
  moving: readonly MovingImage[],
  to: WhatIfBase,
  heldElsewhere: ReadonlySet<Digest>,
): readonly StoredLayer[] {
  const needed = new Set([...heldElsewhere, ...to.layers.map(({ digest }) => digest)]);
  for (const { layers, baseLayers } of moving) for (const { digest } of layers.slice(baseLayers)) needed.add(digest);
  return distinct(moving.flatMap(baseOf)).filter(({ digest }) => !needed.has(digest));
}

/** Returns the layers of the new base that no image uses yet. */
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

function storedBytesOf(layers: readonly StoredLayer[]): number {
  return totalBytes(layers.filter(({ foreign }) => !foreign));
}

function byTeam(moving: readonly MovingImage[]): WhatIf['teams'] {
  return [...groupBy(moving, ({ team }) => team)]
    .map(([team, images]) => {
      const repositories = new Set(images.map(({ repository }) => repository)).size;
      return { team, repositories, images: images.length };
    })
    .sort((a, b) => b.images - a.images || a.team.localeCompare(b.team, 'en'));
}
