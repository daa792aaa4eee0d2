import { anyOf } from '../../common/any-of.ts';
import { remember } from '../../common/remember.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../common/units.ts';
import { type OfficialImage, officialImagesOf } from '../knowledge/official-images.ts';
import { type BuildStep, gapMs, type StepTool } from './build-steps.ts';
import { type ToolStage, toolStageAt } from './buildpack-deps.ts';
import {
  assignments,
  commandWords,
  copiesFiles,
  type Instruction,
  isInstruction,
  MAX_COMMAND_LENGTH,
  makesLayer,
  parseInstruction,
  pathsOf,
  setsStart,
  type Verb,
} from './instruction.ts';
import { findRootfs, type Rootfs } from './rootfs.ts';

/** One image of the stack that a history shows. */
export type StackedImage = {
  /** The index after its last step. Earlier steps are its own, or of images below. */
  readonly end: number;
} & (
  | { readonly kind: 'rootfs' | 'unknown' }
  | { readonly kind: 'buildpack-deps'; readonly variant: ToolStage }
  | { readonly kind: 'official'; readonly official: OfficialImage }
  /** With the reference that the builder wrote. */
  | { readonly kind: 'named'; readonly reference: string }
);

/** The images beneath an image, as its history shows them, and where its own steps start. */
export interface Stack {
  readonly rootfs: Rootfs | undefined;
  /** Lowest first. */
  readonly images: readonly StackedImage[];
  /** The index of the image's first own step. */
  readonly ownStart: number;
  /** The well-known image with which the history ends: the image is that one, as published. */
  readonly itself?: StackedImage | undefined;
}

/**
 * Divides a history into a stack of images: the root file system, known images, and unknown ones with a visible end.
 */
export function readStack(steps: readonly BuildStep[]): Stack {
  const rootfs = findRootfs(steps);
  const hasRootfs = rootfs !== undefined && (rootfs.end < steps.length || rootfs.tool === undefined);
  let index = hasRootfs ? rootfs.end : 0;
  // An image beneath the first step may have no history.
  const lowest = namedBoundary(steps[index], index);
  const images: StackedImage[] = lowest ? [lowest] : hasRootfs ? [{ kind: 'rootfs', end: index }] : [];
  let next = nextImage(steps, index, images[0]);
  while (next && next.end < steps.length) {
    index = next.end;
    // The builder's own name for the image that ends here is better than an inferred one.
    images.push(namedBoundary(steps[index], index) ?? next);
    next = nextImage(steps, index, images.at(-1));
  }
  // An image that consists of a root file system only has nothing beneath it.
  const isRootfsOnly = images.length === 1 && index >= steps.length;
  const itself = next && !steps.slice(index, next.end).some(copiesProgram) ? next : undefined;
  return { rootfs, images: isRootfsOnly ? [] : images, ownStart: isRootfsOnly ? 0 : index, itself };
}

/** Folders of programs and pages, in which no publisher of a well-known image has files of its own. */
const PROGRAM_FOLDER = anyOf([
  // Relative paths, but neither a drive of Windows nor a variable.
  /^(?!\/|\$|[A-Za-z]:)/,
  /^\/(?:app|srv|code|src|web|www|site|opt\/app|usr\/src\/app|var\/www|usr\/share\/nginx|usr\/local\/apache2)(?:\/|$)/,
  /\/webapps(?:\/|$)/,
]);

/** Whether a step copies the whole build context, or into a folder of programs: the image has one of its own. */
function copiesProgram({ verb, args }: BuildStep): boolean {
  if (!copiesFiles(verb)) return false;
  const paths = pathsOf(args);
  return PROGRAM_FOLDER.test(paths.at(-1) ?? '') || paths.slice(0, -1).some((source) => /^\.\/?$/.test(source));
}

/**
 * Returns the index after the last step of the distribution, or of its edition with tools, if no other image lies
 * between it and the image's own steps; undefined if one does, or none is known.
 */
export function endOfDistribution({ images, rootfs }: Stack): number | undefined {
  const uppermost = images.at(-1);
  const isDistribution = (rootfs !== undefined && images.length === 1) || uppermost?.kind === 'buildpack-deps';
  return isDistribution ? uppermost?.end : undefined;
}

/** The official image that an image of the stack is. */
export function officialOf(image: StackedImage): OfficialImage | undefined {
  return image.kind === 'official' ? image.official : undefined;
}

/** The image that starts at a step; undefined if its end is not visible. */
function nextImage(
  steps: readonly BuildStep[],
  from: number,
  below: StackedImage | undefined,
): StackedImage | undefined {
  const tools = toolStageAt(steps, from, below?.kind === 'buildpack-deps' ? below.variant : below?.kind);
  if (tools) return { kind: 'buildpack-deps', ...tools };
  const walk: Walk = {
    official: undefined,
    hasLayer: false,
    isConfirmed: false,
    hasCommand: false,
    isEnding: false,
    trigger: undefined,
  };
  let index = from;
  for (let step = steps[index]; step; step = steps[++index]) {
    const boundary = index > from ? boundaryBefore(steps, index, walk) : undefined;
    if (boundary) return boundary;
    advance(step, walk);
    if (walk.official && endsOfficial(step, walk.official)) {
      return { kind: 'official', official: walk.official, end: endOfTrailingSettings(steps, index + 1) };
    }
  }
  const official = officialByRun(steps, walk);
  return official && { kind: 'official', official, end: index };
}

/** What was seen since the start of an image. */
interface Walk {
  official: OfficialImage | undefined;
  /** Whether a layer followed the official image's variable, so an official image without an ending may be complete. */
  hasLayer: boolean;
  /** Whether a RUN had the words that only the official image's own has. */
  isConfirmed: boolean;
  /** Whether a CMD or ENTRYPOINT was seen. */
  hasCommand: boolean;
  /** Whether one was seen, and no layer since. */
  isEnding: boolean;
  /** The first instruction for images on top (ONBUILD) since the last layer: they begin with it. */
  trigger: Instruction | undefined;
}

function advance(step: BuildStep, walk: Walk): void {
  const [official] = officialsSetBy(step).slice(-1);
  if (official) {
    walk.official = official;
    walk.hasLayer = false;
    walk.isConfirmed = official.run === undefined;
  }
  if (setsStart(step.verb)) {
    walk.hasCommand = true;
    walk.isEnding = true;
  } else if (step.verb === 'ONBUILD') {
    walk.trigger ??= parseInstruction(step.args);
  } else if (makesLayer(step.verb) && step.verb !== 'WORKDIR') {
    walk.isEnding = false;
    walk.trigger = undefined;
    walk.hasLayer = true;
    walk.isConfirmed ||= walk.official?.run?.test(step.args.slice(0, MAX_COMMAND_LENGTH)) === true;
  }
}

/** The official images whose variables an ENV sets, whose build arguments an ARG declares, or whose RUN this is. */
export function officialsSetBy({ verb, args }: BuildStep): readonly OfficialImage[] {
  return verb === 'ENV' || verb === 'ARG' || verb === 'RUN' ? OFFICIALS_OF[verb](args) : NO_OFFICIALS;
}

const NO_OFFICIALS: readonly OfficialImage[] = [];
const OFFICIALS_OF = {
  ENV: remember((args) => officialImagesOf('ENV', args)),
  ARG: remember((args) => officialImagesOf('ARG', args)),
  RUN: remember((args) => officialImagesOf('RUN', args)),
};

/** The image that ends before a step, if another build starts with it. */
function boundaryBefore(steps: readonly BuildStep[], index: number, walk: Walk): StackedImage | undefined {
  const step = steps[index];
  const before = steps[index - 1];
  if (!step || !before) return undefined;
  const named = namedBoundary(step, index);
  if (named) return named;
  if (isAppended(step) || !startsBuild(before, step, walk)) return undefined;
  const official = completeOfficial(walk);
  return official ? { kind: 'official', official, end: index } : { kind: 'unknown', end: index };
}

/** Whether a step starts another build: long after the one before, by another tool, or as another official image. */
function startsBuild(before: BuildStep, step: BuildStep, walk: Walk): boolean {
  const gap = gapMs(before, step);
  const mayBegin = walk.isEnding || (walk.trigger !== undefined && isTriggered(step, walk.trigger));
  if (mayBegin && gap >= (isInstant(step) ? MINUTE_MS : HOUR_MS)) return true;
  // Some Dockerfiles add files after their CMD.
  if (walk.hasCommand && gap >= DAY_MS) return true;
  if (gap >= HOUR_MS && completeOfficial(walk)) return true;
  if (walk.official && walk.hasLayer && startsAnother(step, walk.official)) return true;
  return changesTool(before, step);
}

/**
 * Whether a step may be what ONBUILD had in store. The classic builder writes another target for a relative one, a digest
 * in place of sources, and build arguments before a command: there, the kind of instruction decides.
 */
function isTriggered(step: BuildStep, trigger: Instruction): boolean {
  if (step.verb !== trigger.verb) return false;
  return step.form !== 'buildkit' || !copiesFiles(step.verb) || step.args === trigger.args;
}

/**
 * Whether BuildKit appended the step for a layer whose own entry it had marked as empty, or Docker for the layers that it
 * merged (`--squash`). Such steps end their build, however long the work took.
 */
function isAppended({ form, comment }: BuildStep): boolean {
  return (form === 'buildkit' && comment === 'buildkit.exporter.image.v0') || comment.startsWith('merge sha256:');
}

/** The official image that may end here: a layer was made, and its Dockerfile may lack an ending. */
function completeOfficial({ official, hasLayer, isConfirmed }: Walk): OfficialImage | undefined {
  return official?.mayLackEnd && hasLayer && isConfirmed ? official : undefined;
}

/** The official image without an ending whose own RUN is the last of a history. */
function officialByRun(steps: readonly BuildStep[], walk: Walk): OfficialImage | undefined {
  const official = completeOfficial(walk);
  const last = steps.findLast(({ layer }) => layer !== undefined);
  return last?.verb === 'RUN' && official?.run?.test(last.args.slice(0, MAX_COMMAND_LENGTH)) ? official : undefined;
}

/** Whether a step takes no time. A RUN is dated by its end, so the time before it may be its own. */
function isInstant(step: BuildStep): boolean {
  return step.verb !== 'RUN' && step.verb !== 'OTHER';
}

/**
 * The image named where a build starts: buildah writes its FROM into the first step, Charliecloud before it. Ids of
 * buildah's intermediate images are not names.
 */
function namedBoundary(step: BuildStep | undefined, index: number): StackedImage | undefined {
  const line = step?.verb === 'FROM' ? `FROM ${step.args}` : (step?.comment.trim() ?? '');
  const reference = /^FROM ([^\s]{1,512})(?: AS \S+)?$/i.exec(line)?.[1];
  if (reference === undefined || reference === 'scratch' || /^[0-9a-f]{10,64}$/.test(reference)) return undefined;
  return { kind: 'named', reference, end: index };
}

/** Tools that sign each of their steps, so the first signed step is the first of a build. */
const SIGNING: ReadonlySet<StepTool> = new Set(['jib', 'ko', 'kaniko', 'dotnet', 'bazel', 'apko'] as const);

function changesTool(before: BuildStep, step: BuildStep): boolean {
  if (isBareLayer(before) || isBareLayer(step)) return isInstruction(before.verb) !== isInstruction(step.verb);
  if (SIGNING.has(step.tool)) return before.tool !== step.tool;
  return step.tool !== 'unknown' && before.tool !== 'unknown' && step.tool !== before.tool;
}

/**
 * Whether a tool that builds no Dockerfiles put a layer on others without a word. docker-squash, which makes one layer of
 * several, writes the time.
 */
function isBareLayer({ verb, comment, created, layer = 0 }: BuildStep): boolean {
  return verb === 'NONE' && comment === '' && created === undefined && layer > 0;
}

/** Whether a step sets the variable with which another official image's Dockerfile starts. */
function startsAnother(step: BuildStep, official: OfficialImage): boolean {
  return officialsSetBy(step).some((another) => another.begins && another !== official);
}

/** Whether a step is the last instruction of an official image's Dockerfile. */
export function endsOfficial(step: BuildStep, official: OfficialImage): boolean {
  if (step.verb === 'ENV') {
    return official.ends.some(
      (end) => end.verb === 'ENV' && assignments(step.args).some(([name]) => name === end.words),
    );
  }
  if (!setsStart(step.verb) && step.verb !== 'WORKDIR') return false;
  const words = commandWords(step.args).join(' ');
  return official.ends.some((end) => end.verb === step.verb && end.words === words);
}

const TRAILING: ReadonlySet<Verb> = new Set(['CMD', 'ENTRYPOINT', 'EXPOSE', 'STOPSIGNAL'] as const);
const TRAILING_ENV: ReadonlySet<Verb> = new Set([...TRAILING, 'ENV'] as const);

/**
 * The end of the settings that follow the last layer of the same Dockerfile, each within a minute. Includes variables
 * if one ends the Dockerfile.
 */
function endOfTrailingSettings(steps: readonly BuildStep[], from: number): number {
  const verbs = steps[from - 1]?.verb === 'ENV' ? TRAILING_ENV : TRAILING;
  let end = from;
  for (let step = steps[end]; step !== undefined; step = steps[++end]) {
    const before = steps[end - 1];
    if (!verbs.has(step.verb) || before?.verb === 'CMD' || step.tool !== (before ?? step).tool) break;
    if (gapMs(before, step) > MINUTE_MS) break;
  }
  return endOfLabels(steps, end);
}

/** The end of labels that end a Dockerfile; `from` if an image on top may begin with them. */
function endOfLabels(steps: readonly BuildStep[], from: number): number {
  const continues = (at: number) =>
    steps[at]?.tool === steps[at - 1]?.tool && gapMs(steps[at - 1], steps[at]) <= MINUTE_MS;
  let end = from;
  while (steps[end]?.verb === 'LABEL' && continues(end)) end++;
  return end < steps.length && continues(end) ? from : end;
}
