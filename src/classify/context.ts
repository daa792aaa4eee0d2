import { type BuildHistory, type BuildStep, readBuildHistory } from './history/build-steps.ts';
import { assignments } from './history/instruction.ts';
import { readPackageManagers } from './history/package-managers.ts';
import { readStack, type Stack } from './history/stack.ts';
import type { ClassifierInput } from './verdict.ts';

/** What every signal reads: the input, and its history read once. */
export interface Context {
  readonly input: ClassifierInput;
  readonly history: BuildHistory;
  readonly stack: Stack;
  /** The steps of the images beneath. */
  readonly beneath: readonly BuildStep[];
  /** The image's own steps. */
  readonly own: readonly BuildStep[];
  /** The environment of the final image. */
  readonly env: ReadonlyMap<string, string>;
  /** Which package managers the steps call, read when first asked for. */
  readonly packageManagers: () => ReadonlySet<string>;
}

/** Reads the history and the environment of an image once, for all signals. */
export function readContext(input: ClassifierInput): Context {
  const history = readBuildHistory(input.config, input.manifest.layers.length);
  let managers: ReadonlySet<string> | undefined;
  const packageManagers = () => {
    managers ??= readPackageManagers(history.steps);
    return managers;
  };
  const stack = readStack(history.steps);
  return {
    input,
    history,
    stack,
    beneath: history.steps.slice(0, stack.ownStart),
    own: history.steps.slice(stack.ownStart),
    env: readEnv(input.config.env),
    packageManagers,
  };
}

/** Variables of a config, `NAME=value`, by their names. */
export function readEnv(env: readonly string[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const entry of env) {
    const equals = entry.indexOf('=');
    if (equals < 0) variables.set(entry, '');
    else variables.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return variables;
}

/** How many layers the first so many steps made; undefined where history and layers do not match. */
export function layersBefore(context: Context, end: number): number | undefined {
  return context.history.aligned ? layersAmong(context.history.steps, end) : undefined;
}

function layersAmong(steps: readonly BuildStep[], end: number): number {
  let count = 0;
  for (let at = 0; at < end; at++) if (steps[at]?.layer !== undefined) count++;
  return count;
}

/** The value that the first so many steps gave a variable; the final environment may hold a later one. */
export function variableAt(context: Context, name: string, end: number): string | undefined {
  for (let at = Math.min(end, context.history.steps.length) - 1; at >= 0; at--) {
    const step = context.history.steps[at];
    if (step?.verb !== 'ENV') continue;
    const value = assignments(step.args).findLast(([key]) => key === name)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}
