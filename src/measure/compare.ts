import type { ImageVerdict, LayerClass } from '../classify/verdict.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import { pullBytes } from './pull-bytes.ts';

/** One side of a comparison. */
export interface ComparedImage {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly verdict: ImageVerdict;
}

/** One layer of either image. */
export interface LayerChange {
  /** `kept`: both images have it. `gone`: only the old one. `new`: only the new one. */
  readonly change: 'kept' | 'gone' | 'new';
  readonly digest: Digest;
  /** Compressed. */
  readonly bytes: number;
  readonly class: LayerClass;
  readonly instruction: string;
}

/** What changed from one image to another. Sizes are compressed bytes; a gain is negative. */
export interface ImageDiff {
  readonly oldBytes: number;
  readonly newBytes: number;
  readonly changedBytes: number;
  readonly keptBytes: number;
  /** Old layers in order, then those that only the new image has. */
  readonly layers: readonly LayerChange[];
  /** What the change comes from, by what made the layers; the sums add up to `changedBytes`. */
  readonly byClass: readonly { readonly class: LayerClass; readonly changedBytes: number }[];
  /** Environment, user, entrypoint and the like that are not as they were; names only, values may be secrets. */
  readonly settings: readonly string[];
}

/** Compares two images layer by layer: a layer is the same when its uncompressed content is. */
export function diffImages(before: ComparedImage, after: ComparedImage): ImageDiff {
  const oldLayers = layersOf(before);
  const newLayers = layersOf(after);
  const layers = [
    ...markMissing(oldLayers, newLayers, 'gone'),
    ...markMissing(newLayers, oldLayers, 'new').filter(({ change }) => change === 'new'),
  ];
  const oldBytes = pullBytes(before.manifest);
  const newBytes = pullBytes(after.manifest);
  return {
    oldBytes,
    newBytes,
    changedBytes: newBytes - oldBytes,
    keptBytes: layers.filter(({ change }) => change === 'kept').reduce((sum, { bytes }) => sum + bytes, 0),
    layers,
    byClass: byClass(oldLayers, newLayers),
    settings: changedSettings(before.config, after.config),
  };
}

interface DiffedLayer extends Omit<LayerChange, 'change'> {
  readonly identity: string;
}

function layersOf({ manifest, config, verdict }: ComparedImage): readonly DiffedLayer[] {
  return manifest.layers.map(({ digest, size }, at) => ({
    // The same content compressed anew is the same layer; foreign manifests may list more layers than diffIDs.
    identity: config.diffIds.length === manifest.layers.length ? (config.diffIds[at] ?? digest) : digest,
    digest,
    bytes: size,
    class: verdict.layers[at]?.class ?? 'none',
    instruction: verdict.layers[at]?.instruction ?? '',
  }));
}

/** Each layer with whether the other image has one like it; a layer that stands twice needs two there. */
function markMissing(
  layers: readonly DiffedLayer[],
  others: readonly DiffedLayer[],
  missing: 'gone' | 'new',
): LayerChange[] {
  const counts = new Map<string, number>();
  for (const { identity } of others) counts.set(identity, (counts.get(identity) ?? 0) + 1);
  return layers.map(({ identity, ...layer }) => {
    const left = counts.get(identity) ?? 0;
    counts.set(identity, left - 1);
    return { change: left > 0 ? 'kept' : missing, ...layer };
  });
}

function byClass(oldLayers: readonly DiffedLayer[], newLayers: readonly DiffedLayer[]): ImageDiff['byClass'] {
  const changed = new Map<LayerClass, number>();
  for (const layer of oldLayers) changed.set(layer.class, (changed.get(layer.class) ?? 0) - layer.bytes);
  for (const layer of newLayers) changed.set(layer.class, (changed.get(layer.class) ?? 0) + layer.bytes);
  return [...changed]
    .map(([name, changedBytes]) => ({ class: name, changedBytes }))
    .filter(({ changedBytes }) => changedBytes !== 0)
    .sort((a, b) => a.changedBytes - b.changedBytes);
}

function changedSettings(before: ImageConfig, after: ImageConfig): readonly string[] {
  const names: readonly (keyof ImageConfig)[] = [
    'user',
    'entrypoint',
    'cmd',
    'workingDir',
    'exposedPorts',
    'hasHealthcheck',
  ];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const variables = new Set(
    [...before.env, ...after.env].filter((entry) => before.env.includes(entry) !== after.env.includes(entry)),
  );
  const environment = new Set([...variables].map((entry) => `env ${entry.split('=', 1)[0]}`));
  return [...changed, ...[...environment].sort()];
}
