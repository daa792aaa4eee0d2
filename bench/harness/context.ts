import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Run, type RunOptions, runNode } from './process.ts';
import type { BenchRegistry } from './registry.ts';
import type { Result } from './result.ts';
import type { BenchStore, Stores } from './store.ts';

/** What a scenario receives from the command line and the harness. */
export interface Context {
  /** The size of the registry. */
  readonly tags: number;
  /** The size of the registry for slow scenarios. */
  readonly largeTags: number;
  /** Samples of each figure. */
  readonly rounds: number;
  readonly stores: Stores;
  /** Writes a line of progress to stderr. */
  readonly log: (line: string) => void;
}

/** A benchmark that yields one or more figures; each is a file. */
export interface Scenario {
  readonly title: string;
  /** Takes long: runs only when it is named, or by `all`. */
  readonly slow?: boolean;
  run(context: Context): Promise<readonly Result[]>;
}

/** Concurrent requests, of slimboard and of the bare loop. */
export const LANES = 64;
/** The built command line; npm runs scripts in the package's folder. */
export const SLIMBOARD = resolve('dist/slimboard.cjs');

const BARE_LOOP = fileURLToPath(new URL('bare-loop.js', import.meta.url));

/** Runs a command of slimboard over a store. */
export function slimboard(store: BenchStore, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return runNode(SLIMBOARD, args, { ...options, cwd: store.cwd, env: store.env });
}

/** Audits a registry into a store. */
export function audit(store: BenchStore, registry: BenchRegistry, options: RunOptions = {}): Promise<Run> {
  return slimboard(store, ['audit', registry.host, '--plain-http', '--concurrency', String(LANES), '--quiet'], options);
}

/** Runs the baseline over a registry. */
export function bareLoop(registry: BenchRegistry): Promise<Run> {
  return runNode(BARE_LOOP, [registry.url, String(LANES)]);
}

/** Measures for one item after another. */
export async function inTurn<Item, T>(
  items: Iterable<Item>,
  measure: (item: Item) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  for (const item of items) results.push(await measure(item));
  return results;
}

/** Takes several samples, one after another. */
export function rounds<T>(count: number, measure: (round: number) => Promise<T>): Promise<readonly T[]> {
  return inTurn(Array(count).keys(), measure);
}
