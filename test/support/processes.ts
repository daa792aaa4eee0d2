import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endedWithRun } from './ended-with-run.ts';

/** A running process of slimboard, started as users do. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** What it has written to stdout and stderr so far. */
  output(): string;
  /** Resolves when the output contains the text; rejects when the process ends without it. */
  waitForOutput(text: string): Promise<void>;
  /** Resolves with the exit code when the process has ended; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Sends a signal, default SIGTERM, and waits for the process to end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a file of dist/ with Node.js. */
export function startProcess(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): RunningProcess {
  const env = { PATH: process.env.PATH ?? '', HOME: options.cwd, ...options.env };
  const child = endedWithRun(
    spawn(process.execPath, [file, ...args], { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      child.emit('output');
    });
  }
  const exited = once(child, 'close').then(([code]) => {
    child.emit('output');
    return code as number | null;
  });
  return {
    child,
    exited,
    output: () => output,
    async waitForOutput(text) {
      while (!output.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`ended without saying "${text}":\n${output}`);
        await once(child, 'output');
      }
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}
