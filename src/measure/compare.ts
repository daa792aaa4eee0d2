import type { ImageVerdict, LayerClass } from '../classify/verdict.ts';
import { totalBytes } from '../common/sum.ts';
import { type ImageConfig, layerDiffIds } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import { type ImageLayer, imageLayers } from './image-layers.ts';
import { pullBytes } from './pull-bytes.ts';

/** One of the two images of a comparison. */
export interface ComparedImage {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly verdict: ImageVerdict;
}

/** A layer of either image. */
export interface LayerChange extends Omit<ImageLayer, 'position'> {
  /** `kept`: in both images, with its class in the new one. `gone`: only in the old one. `new`: only in the new one. */
  readonly change: 'kept' | 'gone' | 'new';
}

/**
 * The differences between two images. Sizes are compressed bytes; changes are negative when the new image is smaller.
 */
export interface ImageDiff {
  readonly oldBytes: number;
  readonly newBytes: number;
  readonly changedBytes: number;
  readonly keptBytes: number;
  /** The old image's layers in order, then those that only the new image has. */
  readonly layers: readonly LayerChange[];
  /** The change per class of layers, biggest reduction first, without zeros; the sum is `changedBytes`. */
  readonly byClass: readonly { readonly class: LayerClass; readonly changedBytes: number }[];
  /**
   * The settings that differ: `user`, `entrypoint`, `env NAME` and so on. Names only, because values may be secrets.
   */
  readonly settings: readonly string[];
}

/** Compares two images layer by layer. Layers are equal if their uncompressed content is. */
export function diffImages(before: ComparedImage, after: ComparedImage): ImageDiff {
  const newLayers = layersOf(after);
  // A layer of both images is of the new one's class: what Node.js' image made is the base of the image on it.
  const classes = new Map(newLayers.map((layer) => [layer.identity, layer.class]));
  const oldLayers = layersOf(before).map((layer) => ({ ...layer, class: classes.get(layer.identity) ?? layer.class }));
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
    keptBytes: totalBytes(layers.filter(({ change }) => change === 'kept')),
    layers,
    byClass: byClass(oldLayers, newLayers),
    settings: changedSettings(before.config, after.config),
  };
}

interface DiffedLayer extends Omit<LayerChange, 'change'> {
  readonly identity: string;
}

function layersOf(image: ComparedImage): readonly DiffedLayer[] {
  // Recompressed content is the same layer. Without one diffID per layer, which foreign manifests may lack, compressed
  // digests count.
  const diffIds = layerDiffIds(image.config, image.manifest);
  return imageLayers(image).map(({ position, ...layer }) => ({
    identity: diffIds[position] ?? layer.digest,
    ...layer,
  }));
}

/** Marks each layer as kept or missing in the other image. A layer that occurs twice must occur twice there, too. */
function markMissing(
  layers: readonly DiffedLayer[],
  others: readonly DiffedLayer[],
  missing: 'gone' | 'new',
): LayerChange[] {
  const counts = new Map<string, number>();
  for (const { identity } of others) counts.set(identity, (counts.get(identity) ?? 0) + 1);
  return layers.map(({ identity, ...layer }) => {
    const remaining = counts.get(identity) ?? 0;
    counts.set(identity, remaining - 1);
    return { change: remaining > 0 ? 'kept' : missing, ...layer };
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

const SETTINGS = ['user', 'entrypoint', 'cmd', 'workingDir', 'exposedPorts', 'healthcheck'] as const;

function changedSettings(before: ImageConfig, after: ImageConfig): readonly string[] {
  const changed = SETTINGS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const variables = [...before.env, ...after.env].filter(
    (entry) => before.env.includes(entry) !== after.env.includes(entry),
  );
  const names = new Set(variables.map((entry) => `env ${entry.split('=', 1)[0]}`));
  return [...changed, ...[...names].sort()];
}
