import { readBuildHistory } from '../classify/history/build-history.ts';
import { type BuildStep, instructionOf } from '../classify/history/build-steps.ts';
import type { Verb } from '../classify/history/instruction.ts';
import { readStack } from '../classify/history/stack.ts';
import { rememberOf } from '../common/remember.ts';
import { totalBytes } from '../common/sum.ts';
import { type ImageLayer, imageLayers } from '../measure/image-layers.ts';
import type { AuditedImage, MeasuredLayer } from './audited-image.ts';
import { absolutePath } from './paths.ts';
import { type Command, parseScript } from './shell.ts';

/** The step that made a layer, and the folder it ran in, or the first of several. */
interface PlacedStep {
  readonly step: BuildStep;
  readonly folder: string | undefined;
}

/** One layer with the instruction that made it, as rules see it. `instruction` is for display alone: it is redacted. */
export interface LayerView extends ImageLayer {
  readonly verb: Verb;
  /** What follows the verb. Not redacted, so it must not go into evidence. */
  readonly args: string;
  /** The WORKDIR in which the step ran; undefined before the first one in the history. */
  readonly folder: string | undefined;
  /** Undefined if the layer was not read. */
  readonly contents: MeasuredLayer | undefined;
  /** The commands of a RUN; empty for every other instruction. Parsed on first use: few rules look at the base's layers. */
  readonly commands: readonly Command[];
}

/** @param placed undefined if the history does not show which step made the layer */
function viewLayer(layer: ImageLayer, placed: PlacedStep | undefined, contents: MeasuredLayer | undefined): LayerView {
  const { verb, args } = placed ? instructionOf(placed.step) : { verb: 'NONE' as const, args: '' };
  let parsed: readonly Command[] | undefined;
  return {
    ...layer,
    verb,
    args,
    folder: placed?.folder,
    contents,
    get commands() {
      parsed ??= verb === 'RUN' ? parseScript(args) : [];
      return parsed;
    },
  };
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
  /** Every program that the image's own RUN steps start. It lets most rules dismiss an image with a few look-ups. */
  readonly ownPrograms: ReadonlySet<string>;
}

/** Returns the view of an image. Remembered: calls with the same image return the same view. */
export const viewImage: (image: AuditedImage) => ImageView = rememberOf(readView);

function readView(image: AuditedImage): ImageView {
  const { steps } = readBuildHistory(image.config, image.manifest.layers.length);
  const placedSteps = stepsByLayer(steps);
  const layers = imageLayers(image).map((layer, at) => viewLayer(layer, placedSteps[at], image.contents?.[at]));
  const baseLayers = baseLayerCount(image);
  const own = layers.slice(baseLayers);
  const isEndKnown = image.verdict.base.layerCount !== undefined;
  const baseBytes = isEndKnown ? totalBytes(layers.slice(0, baseLayers)) : undefined;
  const ownPrograms = new Set(own.flatMap(({ commands }) => commands.map(({ program }) => program)));
  return { image, steps, layers, own, baseBytes, ownPrograms };
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

/** Returns how many of the image's layers are its base's; if the boundary is unknown, told by the layers' classes. */
export function baseLayerCount({ verdict }: AuditedImage): number {
  if (verdict.base.layerCount !== undefined) return verdict.base.layerCount;
  const first = verdict.layers.findIndex((layer) => layer.class !== 'base');
  return first < 0 ? verdict.layers.length : first;
}

/**
 * Returns the build steps above the image that FROM named, including those without a layer: every step after the base's
 * last layer, except the settings with which a well-known base ends. Computed on first use, since few images need it.
 */
export const ownSteps: (view: ImageView) => readonly BuildStep[] = rememberOf(({ steps, layers, own }) => {
  const below = layers.length - own.length;
  const firstAbove = steps.findLastIndex(({ layer }) => layer !== undefined && layer < below) + 1;
  const { ownStart, itself } = readStack(steps);
  // A view without own layers may be that of a published image, whose last settings are its publisher's.
  return steps.slice(Math.max(firstAbove, (own.length === 0 ? itself?.end : undefined) ?? ownStart));
});
