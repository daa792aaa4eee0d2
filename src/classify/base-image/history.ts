import { type Context, layersBefore } from '../context.ts';
import { gapMs } from '../history/build-steps.ts';
import { makesLayer } from '../history/instruction.ts';
import type { DistroName } from '../knowledge/distros.ts';
import { layersBeneathStore } from '../nix.ts';
import type { BaseVerdict, UnknownReason } from '../verdict.ts';
import { namesOf } from './naming.ts';
import { windowsNames } from './windows.ts';

/** What the history alone shows: the image that the own steps begin on. */
export function inferredBase(context: Context, distro: DistroName | undefined): BaseVerdict {
  const { stack, history } = context;
  if (history.steps.every((step) => step.verb === 'NONE' && step.comment === ''))
    return { confidence: 'unknown', reason: 'no-history' };
  const layerCount = layersBefore(context, stack.ownStart);
  const at = stack.images.length - 1;
  if (at < 0) return bottomVerdict(context);
  const references =
    at === 0 && context.input.config.os === 'windows' ? windowsNames(context) : namesOf(context, at, distro);
  // An image beneath has layers: where none is left, builder or registry squashed them.
  const boundary = layerCount ? { layerCount } : {};
  if (references.length === 0) return { confidence: 'unknown', reason: 'not-in-catalogue', ...boundary };
  return {
    confidence: 'inferred',
    references,
    evidence: `history:${evidenceOf(context, at, references)}`,
    ...boundary,
  };
}

function evidenceOf(context: Context, at: number, references: readonly string[]): string {
  const image = context.stack.images[at];
  if (image?.kind === 'rootfs') return (context.stack.rootfs?.evidence || 'rootfs').slice(0, 60);
  return image?.kind === 'named' ? `FROM ${references[0] ?? ''}` : (references.at(-1) ?? '');
}

/** Nothing was recognised beneath the own steps: they are all there is, or what is beneath cannot be seen. */
function bottomVerdict(context: Context): BaseVerdict {
  const { history, stack } = context;
  if (isSquashed(context)) return unknown('squashed');
  const beneath = layersBeneathStore(context);
  if (beneath === 0)
    return { confidence: 'inferred', references: ['scratch'], evidence: 'history:store paths', layerCount: 0 };
  if (beneath !== undefined) return { ...unknown('not-in-catalogue'), layerCount: beneath };
  if (
    !(beginsWithFiles(context) || stack.rootfs !== undefined) ||
    !history.aligned ||
    stack.rootfs?.tool === 'bazel' ||
    hasPause(context)
  )
    return unknown('not-in-catalogue');
  return { confidence: 'inferred', references: ['scratch'], evidence: 'history:first layer is its own', layerCount: 0 };
}

/** Whether the lowest layer is a COPY or ADD: of an image on nothing, or on one that was made so. */
export function beginsWithFiles({ history, stack }: Context): boolean {
  const first = history.steps.find((step) => makesLayer(step.verb) && step.verb !== 'WORKDIR');
  return stack.rootfs === undefined && (first?.verb === 'COPY' || first?.verb === 'ADD');
}

const DAY_MS = 86_400_000;

/** Layers made days apart are the work of several builds, whatever the lowest of them was called. */
function hasPause({ history }: Context): boolean {
  const making = history.steps.filter((step) => makesLayer(step.verb));
  return making.some((step, at) => gapMs(making[at - 1], step) >= DAY_MS);
}

function isSquashed({ history, input }: Context): boolean {
  const making = history.steps.filter(
    (step) => step.verb === 'RUN' || step.verb === 'COPY' || step.verb === 'ADD',
  ).length;
  const flattened = history.steps.some(
    (step) => step.args.startsWith('crane flatten') || step.comment.startsWith('merge sha256:'),
  );
  return flattened || (input.manifest.layers.length === 1 && making > 1);
}

/** No base is told, for this reason. */
export function unknown(reason: UnknownReason): BaseVerdict {
  return { confidence: 'unknown', reason };
}
