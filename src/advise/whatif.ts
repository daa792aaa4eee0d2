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
  /** As its config tells it: the new base has other layers for each platform. */
  readonly platform: string;
  /** The layers that are the base's. Different builds of one base have different layers. */
  readonly base: readonly StoredLayer[];
}

/** An image moved, with what a cold pull of it saves. */
export type MovedImage = Omit<MovingImage, 'scope' | 'platform' | 'base'> & { readonly perPullBytes: number };

/** The base to move to. */
export interface WhatIfBase {
  readonly reference: string;
  /** By the platform of the images that move to it; none: it has no layers. */
  readonly layers: ReadonlyMap<string, readonly StoredLayer[]>;
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
  /** The layers of the old base, in all its builds, by scope. */
  readonly #replaced = new Map<string, Map<Digest, StoredLayer>>();
  /** Those of the new base, for all platforms that it is needed for. */
  readonly #added = new Map<string, Map<Digest, StoredLayer>>();
  readonly #teams = new Map<string, { readonly repositories: Set<string>; images: number }>();
  #images = 0;
  #pullBytes = 0;
  #logicalBytes = 0;

  constructor(from: string, to: WhatIfBase) {
    this.#from = from;
    this.#to = to;
  }

  /** Moves one more image. */
  move({ scope, platform, base, ...image }: MovingImage): MovedImage {
    const to = this.#to.layers.get(platform) ?? [];
    const perPullBytes = totalBytes(distinct(base)) - totalBytes(distinct(to));
    addAll(this.#replaced, scope, base);
    addAll(this.#added, scope, to);
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
    const scopes = [...this.#replaced.values(), ...this.#added.values()];
    return [...new Set(scopes.flatMap((layers) => [...layers.keys()]))];
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
      storedBytes: sum([...this.#replaced.keys()].map((scope) => this.#storedBytes(scope, needed.get(scope)))),
      logicalBytes: this.#logicalBytes,
    };
  }

  /** Saved in one scope: the old layers that nothing needs any more, less the new ones that it has not. */
  #storedBytes(scope: string, needed: ReadonlySet<Digest> = new Set()): number {
    const replaced = this.#replaced.get(scope) ?? new Map<Digest, StoredLayer>();
    const added = this.#added.get(scope) ?? new Map<Digest, StoredLayer>();
    const freed = [...replaced.values()].filter(({ digest }) => !needed.has(digest) && !added.has(digest));
    const missing = [...added.values()].filter(({ digest }) => !needed.has(digest) && !replaced.has(digest));
    return storedBytesOf(freed) - storedBytesOf(missing);
  }
}

function addAll(scopes: Map<string, Map<Digest, StoredLayer>>, scope: string, layers: readonly StoredLayer[]): void {
  const known = entryOf(scopes, scope, () => new Map());
  for (const layer of layers) if (!known.has(layer.digest)) known.set(layer.digest, layer);
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
