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
  /** The layers that are the base's. Different builds of one base have different layers. */
  readonly base: readonly StoredLayer[];
}

/** An image moved, with what a cold pull of it saves. */
export type MovedImage = Omit<MovingImage, 'scope' | 'base'> & { readonly perPullBytes: number };

/** The base to move to. */
export interface WhatIfBase {
  readonly reference: string;
  readonly layers: readonly StoredLayer[];
}

/** The layers that are needed by others than the base to be replaced, by scope. */
export type NeededLayers = ReadonlyMap<string, ReadonlySet<Digest>>;

/** The effect of replacing one base by another. Bytes are compressed; savings are positive. */
export interface WhatIf {
  readonly from: string;
  readonly to: string;
  /** The number of images moved; an image in several repositories counts once in each. */
  readonly images: number;
  readonly teams: readonly { readonly team: string; readonly repositories: number; readonly images: number }[];
  /** Saved by each cold pull of such an image: the mean over the images. */
  readonly perPullBytes: number;
  /** Saved in the registry's storage: layers that become unused, less those of the new base that must be added. */
  readonly storedBytes: number;
  /** Saved over all tags, as if no layers were shared. */
  readonly logicalBytes: number;
}

/**
 * Adds up what would be saved if every image on one base were built on another. It takes one image after the other and
 * keeps none, since there may be any number. Each blob counts once per scope: layers of the old base are freed only if
 * nothing else needs them, and layers of the new base are added only if none has them yet.
 */
export class BaseSwap {
  readonly #from: string;
  readonly #to: WhatIfBase;
  readonly #bytesOfTo: number;
  /** The layers of the old base, in all its builds, by scope. */
  readonly #replaced = new Map<string, Map<Digest, StoredLayer>>();
  readonly #teams = new Map<string, { readonly repositories: Set<string>; images: number }>();
  #images = 0;
  #pullBytes = 0;
  #logicalBytes = 0;

  constructor(from: string, to: WhatIfBase) {
    this.#from = from;
    this.#to = to;
    this.#bytesOfTo = totalBytes(distinct(to.layers));
  }

  /** Moves one more image. */
  move({ scope, base, ...image }: MovingImage): MovedImage {
    const perPullBytes = totalBytes(distinct(base)) - this.#bytesOfTo;
    const replaced = entryOf(this.#replaced, scope, () => new Map());
    for (const layer of base) if (!replaced.has(layer.digest)) replaced.set(layer.digest, layer);
    const team = entryOf(this.#teams, image.team, () => ({ repositories: new Set(), images: 0 }));
    team.repositories.add(`${image.registry}/${image.repository}`);
    team.images++;
    this.#images++;
    this.#pullBytes += perPullBytes;
    this.#logicalBytes += image.tags.length * perPullBytes;
    return { ...image, perPullBytes };
  }

  /** The layers of both bases: those of which {@link effect} must know who else needs them. */
  layers(): readonly Digest[] {
    const replaced = [...this.#replaced.values()].flatMap((layers) => [...layers.keys()]);
    return [...new Set([...replaced, ...this.#to.layers.map(({ digest }) => digest)])];
  }

  /**
   * Returns the effect on all images moved so far.
   * @param needed which layers of either base are needed otherwise: by images not moved, or on top of the base
   */
  effect(needed: NeededLayers): WhatIf {
    return {
      from: this.#from,
      to: this.#to.reference,
      images: this.#images,
      teams: [...this.#teams]
        .map(([team, { repositories, images }]) => ({ team, repositories: repositories.size, images }))
        .sort((a, b) => b.images - a.images || a.team.localeCompare(b.team, 'en')),
      perPullBytes: Math.round(this.#pullBytes / Math.max(1, this.#images)),
      storedBytes: sum([...this.#replaced].map(([scope, layers]) => this.#storedBytes(layers, needed.get(scope)))),
      logicalBytes: this.#logicalBytes,
    };
  }

  /** Saved in one scope: the old layers that nothing needs any more, less the new ones that it has not. */
  #storedBytes(replaced: ReadonlyMap<Digest, StoredLayer>, needed: ReadonlySet<Digest> = new Set()): number {
    const ofTo = new Set(this.#to.layers.map(({ digest }) => digest));
    const freed = [...replaced.values()].filter(({ digest }) => !needed.has(digest) && !ofTo.has(digest));
    const added = distinct(this.#to.layers).filter(({ digest }) => !needed.has(digest) && !replaced.has(digest));
    return storedBytesOf(freed) - storedBytesOf(added);
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function distinct(layers: readonly StoredLayer[]): readonly StoredLayer[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

function storedBytesOf(layers: readonly StoredLayer[]): number {
  return totalBytes(layers.filter(({ foreign }) => !foreign));
}
