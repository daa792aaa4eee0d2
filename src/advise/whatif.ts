import type { Digest } from '../oci/digest.ts';

/** A layer as the registry stores it. */
export interface StoredLayer {
  readonly digest: Digest;
  /** Compressed. */
  readonly bytes: number;
}

/** One image of the fleet that may stand on the base to be swapped. */
export interface FleetImage {
  readonly repository: string;
  readonly team: string;
  /** How many tags name it. */
  readonly tags: number;
  /** All layers, base first. */
  readonly layers: readonly StoredLayer[];
}

/** A base: its name, and the layers it consists of. */
export interface WhatIfBase {
  readonly reference: string;
  readonly layers: readonly StoredLayer[];
}

/** What swapping one base for another changes. Bytes are compressed; savings are positive. */
export interface WhatIf {
  readonly from: string;
  readonly to: string;
  readonly images: number;
  readonly teams: readonly { readonly team: string; readonly repositories: number; readonly images: number }[];
  /** Off each cold pull of such an image. */
  readonly perPullBytes: number;
  /** Off the registry's storage: layers that nothing needs any more, less those of the new base that it lacks. */
  readonly storedBytes: number;
  /** Over all tags, as if nothing were shared. */
  readonly logicalBytes: number;
}

/**
 * What the fleet would gain if every image on one base stood on another. Each blob counts once: the old base's layers
 * go only where no other image holds them, and the new base's come only where none holds them already.
 * @param images of one scope in which the registry shares blobs, those on other bases included
 */
export function whatIf(from: WhatIfBase, to: WhatIfBase, images: readonly FleetImage[]): WhatIf {
  const moved = images.filter((image) => standsOn(image, from));
  const freed = layersOnlyIn(from.layers, moved, images, to);
  const held = new Set(images.flatMap(({ layers }) => layers.map(({ digest }) => digest)));
  const added = moved.length === 0 ? [] : distinct(to.layers).filter(({ digest }) => !held.has(digest));
  const perPullBytes = sum(distinct(from.layers)) - sum(distinct(to.layers));
  return {
    from: from.reference,
    to: to.reference,
    images: moved.length,
    teams: byTeam(moved),
    perPullBytes,
    storedBytes: sum(freed) - sum(added),
    logicalBytes: moved.reduce((total, { tags }) => total + tags * perPullBytes, 0),
  };
}

function standsOn(image: FleetImage, base: WhatIfBase): boolean {
  return (
    base.layers.length > 0 &&
    image.layers.length >= base.layers.length &&
    base.layers.every(({ digest }, at) => image.layers[at]?.digest === digest)
  );
}

/** Layers of the old base that no image holds once those on it have moved. */
function layersOnlyIn(
  candidates: readonly StoredLayer[],
  moved: readonly FleetImage[],
  images: readonly FleetImage[],
  to: WhatIfBase,
): readonly StoredLayer[] {
  if (moved.length === 0) return [];
  const isMoved = new Set(moved);
  const needed = new Set(to.layers.map(({ digest }) => digest));
  for (const image of images) {
    const layers = isMoved.has(image) ? image.layers.slice(candidates.length) : image.layers;
    for (const { digest } of layers) needed.add(digest);
  }
  return distinct(candidates).filter(({ digest }) => !needed.has(digest));
}

function distinct(layers: readonly StoredLayer[]): readonly StoredLayer[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

function sum(layers: readonly StoredLayer[]): number {
  return layers.reduce((total, { bytes }) => total + bytes, 0);
}

function byTeam(moved: readonly FleetImage[]): WhatIf['teams'] {
  const teams = new Map<string, { repositories: Set<string>; images: number }>();
  for (const { team, repository } of moved) {
    const entry = teams.get(team) ?? { repositories: new Set(), images: 0 };
    entry.repositories.add(repository);
    entry.images += 1;
    teams.set(team, entry);
  }
  return [...teams]
    .map(([team, { repositories, images }]) => ({ team, repositories: repositories.size, images }))
    .sort((a, b) => b.images - a.images || a.team.localeCompare(b.team));
}
