import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A process that has run. It is measured from outside, because its user waits for its start, too. */
export interface Run {
  readonly seconds: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The maximum resident set size; NaN when it is no Node program. */
  readonly peakBytes: number;
}

/** How to run a process. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are no failure of the benchmark; default 0. */
  readonly expect?: readonly number[];
}

const USAGE_HOOK = new URL('usage-hook.js', import.meta.url).href;

/** Runs a Node program to its end. @throws Error with the end of its output when its exit code is unexpected */
export async function runNode(script: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'slimboard-usage-'));
  const file = join(folder, 'usage.json');
  const env = { ...options.env, BENCH_USAGE_FILE: file };
  const run = await runProcess(process.execPath, ['--import', USAGE_HOOK, script, ...args], { ...options, env });
  const { maxRSS } = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage;
  rmSync(folder, { recursive: true });
  return { ...run, peakBytes: maxRSS * 1_024 };
}

/** Runs a program to its end. @throws Error with the end of its output when its exit code is unexpected */
export async function runProcess(command: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const started = performance.now();
  // Nothing of this process's environment is passed on but PATH and HOME.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd, env });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ? 128 : (code ?? 1)));
  });
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = (performance.now() - started) / 1_000;
  if (!(options.expect ?? [0]).includes(exitCode))
    throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}: ${(stderr || stdout).trim().slice(-500)}`);
  return { seconds, exitCode, stdout, stderr, peakBytes: Number.NaN };
}
