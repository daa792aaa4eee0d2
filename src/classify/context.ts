import { type BuildHistory, readBuildHistory } from './history/build-steps.ts';
import { assignments } from './history/instruction.ts';
import { readPackageManagers } from './history/package-managers.ts';
import { readStack, type Stack } from './history/stack.ts';
import type { ClassifierInput } from './verdict.ts';

/** What every signal reads: the input, and its history read once. */
export interface Context {
  readonly input: ClassifierInput;
  readonly history: BuildHistory;
  readonly stack: Stack;
  /** The environment of the final image. */
  readonly env: ReadonlyMap<string, string>;
  /** Which package managers the steps call, read when first asked for. */
  readonly packageManagers: () => ReadonlySet<string>;
}

export function readContext(input: ClassifierInput): Context {
  const history = readBuildHistory(input.config, input.manifest.layers.length);
  let managers: ReadonlySet<string> | undefined;
  const packageManagers = () => {
    managers ??= readPackageManagers(history.steps);
    return managers;
  };
  return { input, history, stack: readStack(history.steps), env: readEnv(input.config.env), packageManagers };
}

function readEnv(env: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    env.map((entry) => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

/** How many layers the first so many steps made; undefined where history and layers do not match. */
export function layersBefore(context: Context, end: number): number | undefined {
  if (!context.history.aligned) return undefined;
  return context.history.steps.slice(0, end).filter((step) => step.layer !== undefined).length;
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
