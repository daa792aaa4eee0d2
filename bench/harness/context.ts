import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Run, type RunOptions, runNode } from './process.ts';
import type { BenchRegistry } from './registry.ts';
import type { Result } from './result.ts';
import type { BenchStore, Stores } from './store.ts';

/** What a scenario is given to measure with. */
export interface Context {
  readonly tags: number;
  readonly largeTags: number;
  readonly rounds: number;
  readonly stores: Stores;
  /** Tells what goes on, on stderr. */
  readonly log: (line: string) => void;
}

/** One file a scenario: what it measures, and the figures it gives. */
export interface Scenario {
  readonly title: string;
  /** Takes long: runs only when it is asked for by name. */
  readonly slow?: boolean;
  run(context: Context): Promise<readonly Result[]>;
}

/** Requests at a time, of the product and of the bare loop. */
export const LANES = 64;
/** As built; npm runs scripts in the package's folder. */
export const SLIMBOARD = resolve('dist/slimboard.cjs');

const BARE_LOOP = fileURLToPath(new URL('bare-loop.js', import.meta.url));

export function slimboard(store: BenchStore, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return runNode(SLIMBOARD, args, { ...options, cwd: store.cwd, env: store.env });
}

export function audit(store: BenchStore, registry: BenchRegistry, options: RunOptions = {}): Promise<Run> {
  return slimboard(store, ['audit', registry.host, '--plain-http', '--concurrency', String(LANES), '--quiet'], options);
}

export function bareLoop(registry: BenchRegistry): Promise<Run> {
  return runNode(BARE_LOOP, [registry.url, String(LANES)]);
}

/** Takes several samples, one after another. */
export async function rounds<T>(count: number, measure: (round: number) => Promise<T>): Promise<readonly T[]> {
  const samples: T[] = [];
  for (let round = 0; round < count; round++) samples.push(await measure(round));
  return samples;
}
