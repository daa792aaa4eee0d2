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
  readonly layer?: number;
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
  const read = config.history.map((entry) => ({ entry, instruction: parseInstruction(entry.createdBy) }));
  const flagged = read.map(({ entry }) => !entry.emptyLayer);
  const sensible = read.map(({ instruction }, at) => flagged[at] === true && makesLayer(instruction.verb));
  const byVerb = read.map(({ instruction }) => instruction.verb !== 'WORKDIR' && makesLayer(instruction.verb));
  const made = [flagged, sensible, byVerb].find((flags) => fits(flags, layerCount, read));
  let layer = 0;
  const steps = read.map(({ entry, instruction }, at) => {
    const madeLayer = made?.[at] === true ? layer++ : undefined;
    return toStep(entry, instruction, madeLayer);
  });
  return { steps, aligned: made !== undefined };
}

/** A reading fits when it makes as many layers as there are, and none of them by a mere setting. */
function fits(
  flags: readonly boolean[],
  layerCount: number,
  read: readonly { readonly instruction: Instruction }[],
): boolean {
  let count = 0;
  for (const [at, made] of flags.entries()) {
    if (!made) continue;
    count++;
    if (!makesLayer(read[at]?.instruction.verb ?? 'NONE')) return false;
  }
  return count === layerCount;
}

function toStep(entry: HistoryEntry, instruction: Instruction, layer: number | undefined): BuildStep {
  const { verb, args, form } = instruction;
  const { created, comment = '', author = '' } = entry;
  const tool = toolOf(instruction, comment, author);
  const step = { verb, args, form, created, comment, author, tool };
  return layer === undefined ? step : { ...step, layer };
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

/** How long after one step another was made, in ms; 0 where either has no date. */
export function gapMs(before: BuildStep | undefined, step: BuildStep | undefined): number {
  if (before?.created === undefined || step?.created === undefined || before.created === step.created) return 0;
  return Date.parse(step.created) - Date.parse(before.created);
}
