import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** One process, measured from outside: starting it is part of what its user waits for. */
export interface Run {
  readonly seconds: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory it held (resident set), where it is a Node program. */
  readonly peakBytes: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are no failure of the benchmark; 0 unless told otherwise. */
  readonly expect?: readonly number[];
}

const USAGE_HOOK = new URL('usage-hook.js', import.meta.url).href;

/** Runs a Node program. @throws Error with its last words when it ends with an unexpected code */
export async function runNode(script: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'slimboard-usage-'));
  const file = join(folder, 'usage.json');
  const env = { ...options.env, BENCH_USAGE_FILE: file };
  const run = await runProcess(process.execPath, ['--import', USAGE_HOOK, script, ...args], { ...options, env });
  const { maxRSS } = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage;
  rmSync(folder, { recursive: true });
  return { ...run, peakBytes: maxRSS * 1_024 };
}

/** Starts a Node program that runs until it is told to stop. @returns what stops it, and waits for its end */
export function startNode(script: string, args: readonly string[], options: RunOptions): () => Promise<void> {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    ...place(options),
  });
  const ended = once(child, 'close');
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

export async function runProcess(command: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...place(options) });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ? 128 : (code ?? 1)));
  });
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = (performance.now() - started) / 1_000;
  if (!(options.expect ?? [0]).includes(exitCode)) {
    throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}: ${(stderr || stdout).trim().slice(-500)}`);
  }
  return { seconds, exitCode, stdout, stderr, peakBytes: Number.NaN };
}

/** Nothing of the caller's environment but what programs need to be found. */
function place({ cwd, env }: RunOptions): { env: NodeJS.ProcessEnv; cwd?: string } {
  return { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, ...(cwd ? { cwd } : {}) };
}
