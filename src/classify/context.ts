import { type Provenance, readProvenance } from './base-image/provenance.ts';
import { readBuildHistory } from './history/build-history.ts';
import type { BuildHistory, BuildStep } from './history/build-steps.ts';
import { assignments } from './history/instruction.ts';
import { readStack, type Stack } from './history/stack.ts';
import type { ClassifierInput } from './verdict.ts';

/** The input that every signal reads, with its history and provenance parsed once. */
export interface Context {
  readonly input: ClassifierInput;
  readonly history: BuildHistory;
  readonly stack: Stack;
  readonly provenance: Provenance;
  /** The image's own steps. */
  readonly own: readonly BuildStep[];
  /** The environment variables of the final image. */
  readonly env: ReadonlyMap<string, string>;
}

/** Parses the history, the provenance and the environment of an image once, for all signals. */
export function readContext(input: ClassifierInput): Context {
  const history = readBuildHistory(input.config, input.manifest.layers.length);
  const stack = readStack(history.steps);
  const own = history.steps.slice(stack.ownStart);
  const provenance = readProvenance(input.provenance);
  return { input, history, stack, own, provenance, env: readEnv(input.config.env) };
}

/** A config's variables by name. An entry without `=` has the empty value; of repeated names, the last counts. */
export function readEnv(env: readonly string[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const entry of env) {
    const equals = entry.indexOf('=');
    if (equals < 0) variables.set(entry, '');
    else variables.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return variables;
}

/** The number of layers that the steps before index `end` made; undefined if history and layers do not match. */
export function layersBefore(context: Context, end: number): number | undefined {
  const { aligned, steps } = context.history;
  return aligned ? steps.slice(0, end).filter(({ layer }) => layer !== undefined).length : undefined;
}

/** The value of a variable after the steps before index `end`; the final environment may hold a later value. */
export function variableAt(context: Context, name: string, end: number): string | undefined {
  for (let index = Math.min(end, context.history.steps.length) - 1; index >= 0; index--) {
    const step = context.history.steps[index];
    if (step?.verb !== 'ENV') continue;
    const value = assignments(step.args).findLast(([key]) => key === name)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}
