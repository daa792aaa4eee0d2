import { remember } from '../../common/remember.ts';
import type { HistoryEntry, ImageConfig } from '../../oci/image-config.ts';
import type { BuildTool } from '../verdict.ts';
import { type Instruction, makesLayer, parseInstruction } from './instruction.ts';

/** The builder of a step; classic Docker and buildah word theirs alike, and only buildah may add a comment. */
export type StepTool = BuildTool | 'unknown';

/** One history entry, read, with the layer it made. */
export interface BuildStep extends Instruction {
  /** ISO 8601 in UTC; undefined where the builder wrote none. */
  readonly created: string | undefined;
  readonly comment: string;
  readonly author: string;
  readonly tool: StepTool;
  /** Index of the layer it made; undefined for a setting, and for every step where history and layers do not match. */
  readonly layer: number | undefined;
}

/** The history of one image beside its layers. */
export interface BuildHistory {
  readonly steps: readonly BuildStep[];
  /** Whether every layer has its step: flags that builders write wrongly are put right where only one reading fits. */
  readonly aligned: boolean;
}

/**
 * Reads the history and says which step made which layer. Builders write `empty_layer` wrongly or not at all, squash
 * layers or leave steps out: then steps have no layer, and nothing fails.
 * @param layerCount how many layers the manifest lists
 */
export function readBuildHistory(config: ImageConfig, layerCount: number): BuildHistory {
  const instructions = config.history.map((entry) => parseInstruction(entry.createdBy));
  const reading = READINGS.find((makes) => fits(makes, config, instructions, layerCount));
  let layer = 0;
  const steps = config.history.map((entry, at) => {
    const instruction = instructions[at] ?? NO_INSTRUCTION;
    return toStep(entry, instruction, reading?.(entry, instruction) === true ? layer++ : undefined);
  });
  return { steps, aligned: reading !== undefined };
}

const NO_INSTRUCTION: Instruction = { verb: 'NONE', args: '', form: 'plain' };

type Reading = (entry: HistoryEntry, instruction: Instruction) => boolean;

/** Which entries made a layer: as flagged; as flagged, settings excepted; by the verbs alone. */
const READINGS: readonly Reading[] = [
  (entry) => !entry.emptyLayer,
  (entry, { verb }) => !entry.emptyLayer && makesLayer(verb),
  (_, { verb }) => verb !== 'WORKDIR' && makesLayer(verb),
];

/** The diff ID of an archive of nothing. @see moby/moby, layer/empty.go */
const EMPTY_LAYER = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/**
 * A reading fits when it makes as many layers as there are, and none of them by a mere setting, unless the layer is empty:
 * before version 1.10, Docker made one of every instruction.
 */
function fits(
  makes: Reading,
  { history, diffIds }: ImageConfig,
  instructions: readonly Instruction[],
  layerCount: number,
): boolean {
  let count = 0;
  for (let at = 0; at < history.length; at++) {
    const entry = history[at];
    const instruction = instructions[at];
    if (!entry || !instruction || !makes(entry, instruction)) continue;
    if (!makesLayer(instruction.verb) && diffIds[count] !== EMPTY_LAYER) return false;
    count++;
  }
  return count === layerCount;
}

function toStep(entry: HistoryEntry, instruction: Instruction, layer: number | undefined): BuildStep {
  const { verb, args, form } = instruction;
  const { created, comment = '', author = '' } = entry;
  return { verb, args, form, created, comment, author, tool: toolOf(instruction, comment, author), layer };
}

/** The tools that sign their steps in the author field. */
const AUTHORS: ReadonlyMap<string, StepTool> = new Map([
  ['kaniko', 'kaniko'],
  ['ko', 'ko'],
  ['apko', 'apko'],
  ['.NET SDK', 'dotnet'],
  ['Bazel', 'bazel'],
  ['Jib', 'jib'],
]);

/** Which builder wrote a step, by the marks it leaves beside the instruction. */
function toolOf({ form, args }: Instruction, comment: string, author: string): StepTool {
  if (comment.startsWith('buildkit.')) return 'buildkit';
  if (comment.startsWith('FROM ') || comment.startsWith('buildah')) return 'buildah';
  const signed = AUTHORS.get(author);
  if (signed) return signed;
  if (args.startsWith('jib-')) return 'jib';
  return form === 'plain' ? 'unknown' : form === 'classic' ? 'docker' : form;
}

const timeOf = remember(Date.parse);

/** How long after one step another was made, in ms; 0 where either has no date. */
export function gapMs(before: BuildStep | undefined, step: BuildStep | undefined): number {
  if (before?.created === undefined || step?.created === undefined || before.created === step.created) return 0;
  return timeOf(step.created) - timeOf(before.created);
}
