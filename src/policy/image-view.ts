import { readEnv } from '../classify/context.ts';
import { isLambda } from '../classify/distro-labels.ts';
import { readBuildHistory } from '../classify/history/build-history.ts';
import { type BuildStep, instructionOf } from '../classify/history/build-steps.ts';
import type { Verb } from '../classify/history/instruction.ts';
import { endOfDistribution, readStack } from '../classify/history/stack.ts';
import { isProductReference } from '../classify/knowledge/official-images.ts';
import { type BaseVerdict, type ImageVerdict, type LayerClass, namesOf, runtimeOf } from '../classify/verdict.ts';
import { remember, rememberOf } from '../common/remember.ts';
import { totalBytes } from '../common/sum.ts';
import { type ByteRange, exactly } from '../measure/byte-range.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { AuditedImage, MeasuredLayer } from './audited-image.ts';
import { absolutePath } from './paths.ts';
import { type Command, parseScript } from './shell.ts';

/** The step that made a layer, and the folder it ran in, or the first of several. */
interface PlacedStep {
  readonly step: BuildStep;
  readonly folder: string | undefined;
}

/** One layer with the instruction that made it, as rules see it. */
export class LayerView {
  /** Index in the manifest, base first, from 0. */
  readonly position: number;
  /** Compressed size. */
  readonly bytes: number;
  readonly class: LayerClass;
  /** For display: redacted, and truncated if long. Rules read `verb`, `args` and `commands` instead. */
  readonly instruction: string;
  readonly verb: Verb;
  /** What follows the verb. Not redacted, so it must not go into evidence. */
  readonly args: string;
  /** The WORKDIR in which the step ran; undefined before the first one in the history. */
  readonly folder: string | undefined;
  /** Undefined if the layer was not read. */
  readonly contents: MeasuredLayer | undefined;
  #commands: readonly Command[] | undefined;

  /** @param placed undefined if the history does not show which step made the layer */
  constructor({ manifest, verdict, contents }: AuditedImage, position: number, placed: PlacedStep | undefined) {
    this.position = position;
    this.bytes = manifest.layers[position]?.size ?? 0;
    this.class = verdict.layers[position]?.class ?? 'none';
    this.instruction = verdict.layers[position]?.instruction ?? '';
    const { verb, args } = placed ? instructionOf(placed.step) : { verb: 'NONE' as const, args: '' };
    this.verb = verb;
    this.args = args;
    this.folder = placed?.folder;
    this.contents = contents?.[position];
  }

  /** The commands of a RUN; empty for every other instruction. Parsed on first use: few rules look at the base's layers. */
  get commands(): readonly Command[] {
    this.#commands ??= this.verb === 'RUN' ? parseScript(this.args) : [];
    return this.#commands;
  }
}

/** An image with its layers matched to the instructions that made them. Built once per image, shared by all rules. */
export interface ImageView {
  readonly image: AuditedImage;
  /** Its parsed history. */
  readonly steps: readonly BuildStep[];
  readonly layers: readonly LayerView[];
  /** The image's own layers, above the base. Most rules look at these only: the base's faults are its own findings. */
  readonly own: readonly LayerView[];
  /** Compressed bytes of the base's layers; undefined if it is unknown where the base ends. */
  readonly baseBytes: number | undefined;
  /**
   * Compressed bytes of the base's layers that another base would replace: those up to its runtime, and none above it. Of
   * an image that is a runtime's own, all its layers. Ranges from 0 to the whole base if the history does not show where they end, unless the base is known to hold more
   * than a runtime; undefined if `baseBytes` is.
   */
  readonly replaceableBytes: ByteRange | undefined;
  /** Every program that the image's own RUN steps start. It lets most rules dismiss an image with a few look-ups. */
  readonly ownPrograms: ReadonlySet<string>;
}

/** Returns the view of an image. Remembered: calls with the same image return the same view. */
export const viewImage: (image: AuditedImage) => ImageView = rememberOf(readView);

function readView(image: AuditedImage): ImageView {
  const { steps } = readBuildHistory(image.config, image.manifest.layers.length);
  const placedSteps = stepsByLayer(steps);
  const layers = image.manifest.layers.map((_, position) => new LayerView(image, position, placedSteps[position]));
  const baseLayers = baseLayerCount(image);
  const own = layers.slice(baseLayers);
  const base = image.verdict.base.layerCount === undefined ? undefined : layers.slice(0, baseLayers);
  const baseBytes = base && totalBytes(base);
  const replaceableBytes = isRuntimeItself(image)
    ? exactly(totalBytes(layers))
    : base && replaceableOf(base, image.verdict, steps, image.config);
  const ownPrograms = new Set(own.flatMap(({ commands }) => commands.map(({ program }) => program)));
  return { image, steps, layers, own, baseBytes, replaceableBytes, ownPrograms };
}

/** Whether an image is a runtime's own, as published: another one would replace it whole. */
export function isRuntimeItself({ verdict, manifest }: AuditedImage): boolean {
  return (
    verdict.isPublished === true &&
    runtimeOf(verdict).name !== 'none' &&
    verdict.runtimeLayers === manifest.layers.length
  );
}

/** The step that made each layer, with the folder in which it ran; a layer that the history does not show has none. */
function stepsByLayer(steps: readonly BuildStep[]): readonly (PlacedStep | undefined)[] {
  const placed: PlacedStep[] = [];
  const folders: (string | undefined)[] = [];
  for (const step of steps) {
    const folder = folders.at(-1);
    folders.push(step.verb === 'WORKDIR' ? absolutePath(step.args.trim(), folder ?? '/') : folder);
    const { layer, merged = [step] } = step;
    if (layer !== undefined) placed[layer] = { step, folder: folders.at(-merged.length) };
  }
  return placed;
}

/** Variables of the images of Azure Functions, and of Jupyter's: NB_USER and NB_UID are also set by hand, for Binder. */
const OF_PLATFORMS = /^(?:AzureWebJobsScriptRoot|NB_GID)=/;

/** Reports whether an image is built on those of AWS Lambda, Azure Functions or Jupyter, which call the program. */
export function isForPlatform({ env }: ImageConfig): boolean {
  return env.some((variable) => OF_PLATFORMS.test(variable)) || isLambda(readEnv(env));
}

function replaceableOf(
  base: readonly LayerView[],
  verdict: ImageVerdict,
  steps: readonly BuildStep[],
  config: ImageConfig,
): ByteRange {
  const { runtimeLayers } = verdict;
  if (runtimeOf(verdict).name === 'none') {
    // A base with layers above its distribution contains an unknown program, which no other base would contain.
    const isBareDistribution = runtimeLayers !== undefined && runtimeLayers >= base.length;
    return exactly(isBareDistribution ? totalBytes(base) : 0);
  }
  if (runtimeLayers !== undefined) return exactly(totalBytes(base.slice(0, runtimeLayers)));
  if (holdsProduct(verdict.base, steps) || isForPlatform(config)) return exactly(0);
  // The image's own steps installed the runtime on a distribution, which a base with the runtime replaces whole.
  return isDistribution(base, steps) ? exactly(totalBytes(base)) : { min: 0, max: totalBytes(base) };
}

/** Reports whether a base is, or is built on, an image with more than a runtime, which no base of the runtime contains. */
function holdsProduct(base: BaseVerdict, steps: readonly BuildStep[]): boolean {
  const { images } = readStack(steps);
  const isKnown = images.some((image) => image.kind === 'official' && image.official.runtime === undefined);
  return isKnown || namesOf(base).some(isProductReference);
}

/** Reports whether a base is a distribution, without any further layer. */
function isDistribution(base: readonly LayerView[], steps: readonly BuildStep[]): boolean {
  const end = endOfDistribution(readStack(steps)) ?? 0;
  return base.length > 0 && steps.slice(0, end).filter(({ layer }) => layer !== undefined).length >= base.length;
}

/** Returns how many of the image's layers are its base's; if the boundary is unknown, judged by the layers' classes. */
export function baseLayerCount({ verdict }: AuditedImage): number {
  if (verdict.base.layerCount !== undefined) return verdict.base.layerCount;
  const first = verdict.layers.findIndex((layer) => layer.class !== 'base');
  return first < 0 ? verdict.layers.length : first;
}

/**
 * Returns the value of a variable as a layer's script sees it: set in the script itself, by the last ENV before it, by
 * the base if no step sets it, or by an ARG; undefined if it is not set.
 */
export function variableOf(view: ImageView, layer: LayerView, name: string): string | undefined {
  const settings = settingsOf(view)(name).filter(({ below }) => below <= layer.position);
  const lastOf = (verb: Verb) => settings.findLast((setting) => setting.verb === verb)?.value;
  return valueIn(layer.args, name) ?? lastOf('ENV') ?? lastOf('ARG');
}

/** A value that a step gives to a variable. */
interface Setting {
  readonly verb: Verb;
  readonly value: string;
  /** The number of layers below the step. */
  readonly below: number;
}

/**
 * Returns the values of a variable in the order of the steps, first that of the image if no ENV sets it: some builders
 * leave the base's steps out of the history. Remembered, since each of thousands of layers may ask for the same.
 */
const settingsOf = rememberOf(({ steps, image }: ImageView) =>
  remember((name): readonly Setting[] => {
    let below = 0;
    const settings = steps.flatMap(({ verb, args, layer }) => {
      if (layer !== undefined) below = layer + 1;
      const value = verb === 'ENV' || verb === 'ARG' ? valueIn(args, name) : undefined;
      return value === undefined ? [] : [{ verb, value, below }];
    });
    const inherited = valueIn(image.config.env.join('\n'), name);
    return inherited === undefined || settings.some(({ verb }) => verb === 'ENV')
      ? settings
      : [{ verb: 'ENV', value: inherited, below: 0 }, ...settings];
  }),
);

function valueIn(text: string, name: string): string | undefined {
  if (!text.includes(`${name}=`)) return undefined;
  return new RegExp(`(?<![\\w-])${name}=["']?([^\\s;&|"']*)`).exec(text)?.[1];
}
