import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { endedWithRun } from './ended-with-run.ts';

/** How a command ended. */
export interface CommandResult {
  /** null: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A program, with arguments, that is started instead of Node.js and receives its command line as more arguments. */
  readonly wrapper?: readonly string[];
  /** Called with the process once it runs. */
  readonly onStart?: (child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean }) => void;
}

/** Runs the built command line as a process, and waits for its end. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [program = process.execPath, ...rest] = [
    ...(options.wrapper ?? []),
    process.execPath,
    resolve('dist/slimboard.cjs'),
    ...args,
  ];
  const env = { PATH: process.env.PATH ?? '', HOME: options.cwd, ...options.env };
  const child = endedWithRun(spawn(program, rest, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  options.onStart?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}
