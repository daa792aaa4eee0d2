import { type BuildStep, readBuildHistory } from '../classify/history/build-steps.ts';
import type { Verb } from '../classify/history/instruction.ts';
import type { ImageVerdict, LayerClass } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import type { AuditedImage, MeasuredLayer } from './audited-image.ts';
import { exactly } from './evidence.ts';
import type { ByteRange } from './finding.ts';
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
  readonly contents?: MeasuredLayer;
}

/** An image with its layers joined to what made them. Built once an image, shared by all rules. */
export interface ImageView {
  readonly image: AuditedImage;
  /** Its history, read. */
  readonly steps: readonly BuildStep[];
  readonly layers: readonly LayerView[];
  /** Layers above the base: the image's own. What the base does is the base's finding, not every child's. */
  readonly own: readonly LayerView[];
  /** Of the base's layers, compressed; undefined where it is not known where the base ends. */
  readonly baseBytes: number | undefined;
  /**
   * Of the base's layers, compressed, those that another base stands in for: its runtime's, and nothing that was put on top
   * of it. Where the history does not show where those end, from none to all of them; undefined as `baseBytes`.
   */
  readonly replaceableBytes: ByteRange | undefined;
  /** Every program that a RUN of its own starts: most rules ask for a few, and are done. */
  readonly ownPrograms: ReadonlySet<string>;
}

/** The view of an image, the same one for all who ask. */
export const viewImage: (image: AuditedImage) => ImageView = rememberOf(readView);

function readView(image: AuditedImage): ImageView {
  const { steps } = readBuildHistory(image.config, image.manifest.layers.length);
  const made: BuildStep[] = [];
  for (const step of steps) if (step.layer !== undefined) made[step.layer] = step;
  const layers = image.manifest.layers.map((layer, position) => viewLayer(image, layer.size, position, made[position]));
  const baseLayers = baseLayerCount(image);
  const own = layers.slice(baseLayers);
  const base = image.verdict.base.layerCount === undefined ? undefined : layers.slice(0, baseLayers);
  const baseBytes = base && bytesOf(base);
  const replaceableBytes = base && replaceableOf(base, image.verdict);
  const ownPrograms = new Set<string>();
  for (const { commands } of own) for (const { program } of commands) ownPrograms.add(program);
  return { image, steps, layers, own, baseBytes, replaceableBytes, ownPrograms };
}

function bytesOf(layers: readonly LayerView[]): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}

function replaceableOf(base: readonly LayerView[], { runtime, runtimeLayers }: ImageVerdict): ByteRange {
  if ((runtime?.value.name ?? 'none') === 'none') {
    // A base that is more than its distribution brings a program, of which nothing else is known.
    const whole = runtimeLayers !== undefined && runtimeLayers >= base.length;
    return exactly(whole ? bytesOf(base) : 0);
  }
  return runtimeLayers === undefined ? { min: 0, max: bytesOf(base) } : exactly(bytesOf(base.slice(0, runtimeLayers)));
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

/**
 * The value of a variable that a layer's script sees: set there, by the last ENV before it, by the base where no ENV
 * tells, or as a build argument.
 */
export function variableOf(view: ImageView, layer: LayerView, name: string): string | undefined {
  const { steps } = view;
  const at = steps.findIndex((step) => step.layer === layer.position);
  const lastOf = (verb: Verb): string | undefined => lastValue(steps.slice(0, at), verb, name);
  return valueIn(layer.args, name) ?? lastOf('ENV') ?? inherited(view, name) ?? lastOf('ARG');
}

/** A variable that the image has and no step sets: histories of some builders leave out those of their base. */
function inherited({ steps, image }: ImageView, name: string): string | undefined {
  return lastValue(steps, 'ENV', name) === undefined ? valueIn(image.config.env.join('\n'), name) : undefined;
}

function lastValue(steps: readonly BuildStep[], verb: Verb, name: string): string | undefined {
  return steps.flatMap((step) => (step.verb === verb ? (valueIn(step.args, name) ?? []) : [])).at(-1);
}

function valueIn(text: string, name: string): string | undefined {
  if (!text.includes(`${name}=`)) return undefined;
  return new RegExp(`(?<![\\w-])${name}=["']?([^\\s;&|"']*)`).exec(text)?.[1];
}
