import { type BuildStep, readBuildHistory } from '../classify/history/build-steps.ts';
import type { Verb } from '../classify/history/instruction.ts';
import type { LayerClass } from '../classify/verdict.ts';
import type { AuditedImage, LayerContents } from './audited-image.ts';
import type { ByteRange, Evidence } from './finding.ts';
import { type Command, parseScript } from './shell.ts';

/** One layer, ready to be judged. */
export interface LayerView {
  /** In the manifest, base first, from 0. */
  readonly position: number;
  /** Compressed. */
  readonly bytes: number;
  readonly class: LayerClass;
  /** As shown: redacted, and cut where it is long. Rules read `verb`, `args` and `commands`. */
  readonly instruction: string;
  readonly verb: Verb;
  /** What follows the verb. Not redacted: never put into evidence. */
  readonly args: string;
  /** What a RUN ran; empty for every other instruction. */
  readonly commands: readonly Command[];
  readonly contents?: LayerContents;
}

/** An image with its layers joined to what made them. Built once an image, shared by all rules. */
export interface ImageView {
  readonly image: AuditedImage;
  readonly layers: readonly LayerView[];
  /** Layers above the base: the image's own. What the base does is the base's finding, not every child's. */
  readonly own: readonly LayerView[];
  /** Every program that a RUN of its own starts: most rules ask for a few, and are done. */
  readonly ownPrograms: ReadonlySet<string>;
}

export function viewImage(image: AuditedImage): ImageView {
  const { steps } = readBuildHistory(image.config, image.manifest.layers.length);
  const made: BuildStep[] = [];
  for (const step of steps) if (step.layer !== undefined) made[step.layer] = step;
  const layers = image.manifest.layers.map((layer, position) => viewLayer(image, layer.size, position, made[position]));
  const own = layers.slice(baseLayerCount(image));
  const ownPrograms = new Set<string>();
  for (const { commands } of own) for (const { program } of commands) ownPrograms.add(program);
  return { image, layers, own, ownPrograms };
}

/** How many of the image's layers are its base's; without a proven boundary, as far as layers look like a base's. */
export function baseLayerCount({ verdict }: AuditedImage): number {
  if (verdict.base.layerCount !== undefined) return verdict.base.layerCount;
  const first = verdict.layers.findIndex((layer) => layer.class !== 'base');
  return first < 0 ? verdict.layers.length : first;
}

function viewLayer(image: AuditedImage, bytes: number, position: number, step: BuildStep | undefined): LayerView {
  const verdict = image.verdict.layers[position];
  const contents = image.contents?.[position];
  const script = step?.verb === 'RUN' ? step.args : '';
  let commands: readonly Command[] | undefined;
  return {
    position,
    bytes,
    class: verdict?.class ?? 'none',
    instruction: verdict?.instruction ?? '',
    verb: step?.verb ?? 'NONE',
    args: step?.args ?? '',
    // Parsed when a rule asks: most layers are the base's, and few rules look at those.
    get commands() {
      commands ??= parseScript(script);
      return commands;
    },
    ...(contents ? { contents } : {}),
  };
}

/** A layer as evidence. */
export function evidenceOf(layer: LayerView, about: Pick<Evidence, 'subject' | 'bytes'> = {}): Evidence {
  return { layer: layer.position, ...(layer.instruction ? { instruction: layer.instruction } : {}), ...about };
}

/** Packages that were found in a layer, as evidence with their names and bytes. */
export function packagesEvidence(
  layer: LayerView,
  packages: readonly { readonly name: string; readonly bytes: number }[],
): Evidence {
  const fileBytes = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  const subject = packages.map(({ name }) => name).join(', ');
  return evidenceOf(layer, { subject, bytes: exactly(compressedShare(layer, fileBytes)) });
}

/** The bytes of all places together. */
export function totalOf(evidence: readonly Evidence[]): ByteRange {
  let min = 0;
  let max = 0;
  for (const { bytes } of evidence) {
    min += bytes?.min ?? 0;
    max += bytes?.max ?? 0;
  }
  return { min, max };
}

/** From history alone: nothing for certain, and so much at the most. */
export function upTo(bytes: number): ByteRange {
  return { min: 0, max: Math.round(bytes) };
}

export function exactly(bytes: number): ByteRange {
  return { min: bytes, max: bytes };
}

/**
 * What some files of a layer cost a pull: their share of the layer's files, taken of its compressed size. Files
 * compress unlike one another, so this is right for large shares and near for small ones.
 */
export function compressedShare(layer: LayerView, fileBytes: number): number {
  const all = layer.contents?.fileBytes ?? 0;
  return all === 0 ? 0 : Math.round(layer.bytes * Math.min(1, fileBytes / all));
}

/** The bytes of files that lie in some areas of a layer. */
export function areaBytes(contents: LayerContents, areas: readonly string[]): number {
  return areas.reduce((sum, area) => sum + (contents.areaBytes?.[area] ?? 0), 0);
}

/** The value of a variable of the image's environment, undefined when it is not set. */
export function environmentValue(view: ImageView, name: string): string | undefined {
  return view.image.config.env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
