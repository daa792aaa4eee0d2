import { remember } from '../../common/remember.ts';
import { HOUR_MS } from '../../common/units.ts';
import type { HistoryEntry, ImageConfig } from '../../oci/image-config.ts';
import { isWindows } from '../../oci/platform.ts';
import type { BuildTool } from '../verdict.ts';
import { copiesFiles, type Instruction, makesLayer, parseInstruction, setsStart } from './instruction.ts';

/** The builder of a step. Classic Docker and buildah write the same lines, but only buildah may add a comment. */
export type StepTool = BuildTool | 'unknown';

/** One parsed history entry, with the layer it made. */
export interface BuildStep extends Instruction {
  /** ISO 8601 in UTC; undefined if the builder wrote no date. */
  readonly created: string | undefined;
  readonly comment: string;
  readonly author: string;
  readonly tool: StepTool;
  /** The index of the layer it made; undefined for a setting, and for every step if history and layers do not match. */
  readonly layer: number | undefined;
  /**
   * The steps whose files Buildah merged into the layer, with the settings among them: from the first that wrote files to
   * this last one. Undefined if the step is alone.
   */
  readonly merged?: readonly BuildStep[];
}

/** The parsed history of one image, matched to its layers. */
export interface BuildHistory {
  readonly steps: readonly BuildStep[];
  /** Whether every layer has its step. Wrong `empty_layer` flags are corrected if only one correction fits. */
  readonly aligned: boolean;
}

/** Parses the entries of a history, and finds the step that made each layer. */
export function matchSteps(config: ImageConfig, layerCount: number): BuildHistory {
  const lines = config.history.map((entry) => ({ entry, instruction: parseInstruction(entry.createdBy) }));
  const reading = READINGS.find((candidate) => fits(candidate, lines, config, layerCount));
  let layer = 0;
  const steps = lines.map((line) => toStep(line, reading?.(line) === true ? layer++ : undefined));
  return { steps: withMerges(withCachedCopies(steps), config), aligned: reading !== undefined };
}

/**
 * Dates copies that BuildKit had in its cache, and settings among them, as the step that follows: a `COPY --link` keeps its
 * date when what is beneath is made anew. If nothing that follows is as late as what is beneath, another build begins there.
 */
function withCachedCopies(steps: readonly BuildStep[]): readonly BuildStep[] {
  const result = [...steps];
  for (let at = 1; at < steps.length; at++) {
    const beneath = steps[at - 1];
    const start = at;
    while (mayBeCached(steps[at]) && isOlder(steps[at], beneath)) at++;
    const next = steps[at];
    if (next === undefined || isOlder(next, beneath)) continue;
    for (const [index, step] of steps.slice(start, at).entries())
      result[start + index] = { ...step, created: next.created };
  }
  return result;
}

function mayBeCached(step: BuildStep | undefined): boolean {
  return step !== undefined && step.form !== 'classic' && step.verb !== 'RUN' && !setsStart(step.verb);
}

function isOlder(step: BuildStep | undefined, beneath: BuildStep | undefined): boolean {
  if (step?.created === undefined || beneath?.created === undefined) return false;
  return timeOf(step.created) < timeOf(beneath.created);
}

/**
 * Moves the name of a base to the first step of a build whose steps Buildah merged into one layer, as it does by default,
 * and lists the steps with the layer: there, the last step alone has the layer, and the name. A build on nothing has no
 * name, and begins with the history. Images below may be built so, too.
 */
function withMerges(steps: readonly BuildStep[], config: ImageConfig): readonly BuildStep[] {
  const isBuildah = isOfBuildah(config);
  if (!isBuildah && !steps.some(({ comment }) => isFrom(comment))) return steps;
  const result = [...steps];
  for (const [last, { comment, layer, form }] of steps.entries()) {
    if (layer === undefined) continue;
    const first = startOfMerge(steps, last);
    const isMerge = isFrom(comment) || (isBuildah && form === 'classic' && first === 0);
    if (first === last || !isMerge) continue;
    const build = steps.slice(first, last + 1);
    result.splice(first, build.length, ...mergedBuild(build, comment));
  }
  return withLaterSteps(result);
}

/**
 * Takes the steps that soon follow one of Buildah's for its own: they are written like Docker's, and newer versions name
 * the base with the first step of a build alone.
 */
function withLaterSteps(steps: readonly BuildStep[]): readonly BuildStep[] {
  const result: BuildStep[] = [];
  for (const step of steps) {
    const before = result.at(-1);
    const isLater = before?.tool === 'buildah' && step.tool === 'docker' && gapMs(before, step) < HOUR_MS;
    result.push(isLater ? { ...step, tool: 'buildah' } : step);
  }
  return result;
}

/** The steps of a build that became one layer: the first gets the name of the base, the last lists those with files. */
function mergedBuild(build: readonly BuildStep[], name: string): readonly BuildStep[] {
  const merged = build.slice(build.findIndex(writesFiles));
  const last = build.length - 1;
  return build.map((step, at) => {
    const moved = { ...step, tool: 'buildah', comment: at === 0 ? name : '' } as const;
    return at === last ? { ...moved, merged } : moved;
  });
}

/**
 * Returns the steps that wrote the files of a step's layer: those that were merged into it, without settings, else the
 * step itself.
 */
export function writersOf(step: BuildStep): readonly BuildStep[] {
  return step.merged?.filter(writesFiles) ?? [step];
}

function writesFiles({ verb }: BuildStep): boolean {
  return verb === 'RUN' || copiesFiles(verb);
}

/**
 * Returns what made a step's layer as one instruction. Where steps were merged, that is a RUN of all their commands, each
 * step's in a subshell, with copies among them, unless a single step wrote all files.
 */
export function instructionOf(step: BuildStep): Pick<Instruction, 'verb' | 'args'> {
  const [first = step, ...more] = writersOf(step);
  if (more.length === 0) return first;
  const lines = (step.merged ?? []).flatMap(({ verb, args }) => {
    if (verb === 'RUN') return `( ${args} )`;
    if (verb === 'WORKDIR') return `cd ${args}`;
    return copiesFiles(verb) ? `${verb} ${args}` : [];
  });
  return { verb: 'RUN', args: lines.join(' && ') };
}

/** The first of the steps that were merged into the layer of step `last`; `last` itself if none were. */
function startOfMerge(steps: readonly BuildStep[], last: number): number {
  let first = last;
  for (let before = steps[first - 1]; before !== undefined; before = steps[--first - 1]) {
    const isOfBuild = before.layer === undefined && before.form === 'classic' && before.comment === '';
    if (!isOfBuild || gapMs(before, steps[first]) >= HOUR_MS) break;
  }
  return steps.slice(first, last).some(writesFiles) ? first : last;
}

/** Whether Buildah built an image, or one beneath it: labels are inherited. */
function isOfBuildah({ labels }: ImageConfig): boolean {
  return Object.hasOwn(labels, 'io.buildah.version');
}

function isFrom(comment: string | undefined): boolean {
  return comment?.startsWith('FROM ') === true;
}

/** A history entry, and what its line says. */
interface Line {
  readonly entry: HistoryEntry;
  readonly instruction: Instruction;
}

/** Decides whether a line made a layer. */
type Reading = (line: Line) => boolean;

/** The readings to try in order: by the flag; by flag and instruction; by the instruction alone. */
const READINGS: readonly Reading[] = [
  ({ entry }) => !entry.emptyLayer,
  ({ entry, instruction }) => !entry.emptyLayer && makesLayer(instruction.verb),
  ({ instruction: { verb } }) => verb !== 'WORKDIR' && makesLayer(verb),
];

/** The diffID of an empty tar archive. @see moby/moby, layer/empty.go */
const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/**
 * Whether a reading gives as many layers as there are, and no setting makes one, unless the layer is empty: before
 * version 1.10, Docker made a layer for every instruction.
 */
function fits(reading: Reading, lines: readonly Line[], config: ImageConfig, layerCount: number): boolean {
  const layered = lines.filter(reading);
  if (layered.length !== layerCount) return false;
  return layered.every(
    ({ entry, instruction }, layer) =>
      makesLayer(instruction.verb) || isLayeredSetting(entry, config) || config.diffIds[layer] === EMPTY_LAYER,
  );
}

/**
 * Whether a setting may make a layer: on Windows, Docker's old builder makes one for each; where Buildah, or kaniko with
 * `--single-snapshot`, merges all layers of a build, the last instruction makes it.
 * @see docker-library/repo-info, golang/remote/windowsservercore.md; GoogleContainerTools/kaniko, pkg/executor/build.go
 */
function isLayeredSetting({ comment, author }: HistoryEntry, config: ImageConfig): boolean {
  return isWindows(config) || isFrom(comment) || isOfBuildah(config) || author === 'kaniko';
}

function toStep({ entry, instruction }: Line, layer: number | undefined): BuildStep {
  const { verb, args, form } = instruction;
  const { created, comment = '', author = '' } = entry;
  return { verb, args, form, created, comment, author, tool: toolOf(instruction, comment, author), layer };
}

/** Tools by the author that they write into their steps. */
const AUTHORS: ReadonlyMap<string, StepTool> = new Map([
  ['kaniko', 'kaniko'],
  ['ko', 'ko'],
  ['apko', 'apko'],
  ['.NET SDK', 'dotnet'],
  ['Bazel', 'bazel'],
  ['Jib', 'jib'],
]);

/** The builder of a step, recognised by its comment, its author or the form of its line. */
function toolOf({ form, args }: Instruction, comment: string, author: string): StepTool {
  if (comment.startsWith('buildkit.')) return 'buildkit';
  if (isFrom(comment) || comment.startsWith('buildah')) return 'buildah';
  const signed = AUTHORS.get(author);
  if (signed) return signed;
  if (args.startsWith('jib-')) return 'jib';
  return form === 'plain' ? 'unknown' : form === 'classic' ? 'docker' : form;
}

/** The last CMD, as far as its program needs; empty if there is none. */
export function lastCommand(steps: readonly BuildStep[]): string {
  return steps.findLast(({ verb }) => verb === 'CMD')?.args.slice(0, 200) ?? '';
}

/** The commands of all RUN steps. */
export function commandsOf(steps: readonly BuildStep[]): readonly string[] {
  return steps.flatMap(({ verb, args }) => (verb === 'RUN' ? [args] : []));
}

const timeOf = remember(Date.parse);

/**
 * The time between two steps in ms, whichever is dated first; 0 if either has no date. Builds may be dated by the commit
 * that they are of (`SOURCE_DATE_EPOCH`), or by 1970, on a base that is newer.
 */
export function gapMs(before: BuildStep | undefined, step: BuildStep | undefined): number {
  if (before?.created === undefined || step?.created === undefined || before.created === step.created) return 0;
  return Math.abs(timeOf(step.created) - timeOf(before.created));
}
