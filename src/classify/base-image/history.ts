import { DAY_MS } from '../../common/units.ts';
import { isWindows } from '../../oci/platform.ts';
import { type Context, layersBefore } from '../context.ts';
import { gapMs } from '../history/build-steps.ts';
import { copiesFiles, makesLayer } from '../history/instruction.ts';
import type { StackedImage } from '../history/stack.ts';
import { isImportedContainer } from '../imported.ts';
import type { DistroName } from '../knowledge/distros.ts';
import { layersBeneathStore } from '../nix.ts';
import type { BaseVerdict, UnknownReason } from '../verdict.ts';
import { inferReferences } from './naming.ts';
import { windowsNames } from './windows.ts';

/** The base image according to the history alone: the one beneath the image's own steps. */
export function inferredBase(context: Context, distro: DistroName | undefined): BaseVerdict {
  const { stack, history } = context;
  if (history.steps.every((step) => step.verb === 'NONE' && step.comment === ''))
    return { confidence: 'unknown', reason: 'no-history' };
  const image = stack.images.at(-1);
  if (!image) return bottomVerdict(context);
  const layerCount = layersBefore(context, stack.ownStart);
  const isOfWindows = stack.images.length === 1 && isWindows(context.input.config);
  const references = isOfWindows ? windowsNames(context) : inferReferences(context, image, distro);
  // Every base has layers: with none left, a builder or registry squashed them and the boundary is lost.
  const boundary = layerCount ? { layerCount } : {};
  if (references.length === 0) return { confidence: 'unknown', reason: 'not-in-catalogue', ...boundary };
  return {
    confidence: 'inferred',
    references,
    evidence: `history:${evidenceOf(context, image, references)}`,
    ...boundary,
  };
}

function evidenceOf({ stack }: Context, { kind }: StackedImage, references: readonly string[]): string {
  if (kind === 'rootfs') return (stack.rootfs?.evidence || 'rootfs').slice(0, 60);
  return kind === 'named' ? `FROM ${references[0] ?? ''}` : (references.at(-1) ?? '');
}

/** The verdict if no image was recognised beneath the own steps: there is none, or the history does not show it. */
function bottomVerdict(context: Context): BaseVerdict {
  const { history, stack } = context;
  if (isSquashed(context) || isImportedContainer(context)) return unknownBase('squashed');
  const beneath = layersBeneathStore(context);
  if (beneath === 0) return scratchBase('history:store paths');
  if (beneath !== undefined) return { ...unknownBase('not-in-catalogue'), layerCount: beneath };
  const mayBeOnScratch = stack.rootfs ? stack.rootfs.tool !== 'bazel' : beginsWithFiles(context);
  return mayBeOnScratch && history.aligned && !hasPause(context)
    ? scratchBase('history:first layer is its own')
    : unknownBase('not-in-catalogue');
}

function scratchBase(evidence: string): BaseVerdict {
  return { confidence: 'inferred', references: ['scratch'], evidence, layerCount: 0 };
}

/** Whether the lowest layer is a COPY or ADD: the image is built on scratch, or on an image that was. */
export function beginsWithFiles({ history, stack }: Context): boolean {
  const first = history.steps.find((step) => makesLayer(step.verb) && step.verb !== 'WORKDIR');
  return stack.rootfs === undefined && first !== undefined && copiesFiles(first.verb);
}

/** Whether a day or more passed between two layers, so they come from several builds. */
function hasPause({ history }: Context): boolean {
  const layerSteps = history.steps.filter((step) => makesLayer(step.verb));
  return layerSteps.some((step, index) => gapMs(layerSteps[index - 1], step) >= DAY_MS);
}

/** Whether the layers of several steps, or of a base that the first step names, are one. Buildah merges those of a build. */
function isSquashed({ history: { steps, aligned }, input }: Context): boolean {
  const layerSteps = steps.filter(({ verb }) => verb === 'RUN' || copiesFiles(verb));
  const isMerged = steps.some(({ merged }) => merged !== undefined);
  const isFlattened = steps.some(
    (step) => step.args.startsWith('crane flatten') || step.comment.startsWith('merge sha256:'),
  );
  const losesBase = aligned && /^FROM (?!scratch$)/.test(steps[0]?.comment ?? '');
  return isFlattened || losesBase || (input.manifest.layers.length === 1 && layerSteps.length > 1 && !isMerged);
}

/** A verdict that the base is unknown. */
export function unknownBase(reason: UnknownReason): BaseVerdict {
  return { confidence: 'unknown', reason };
}
