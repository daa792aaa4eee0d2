import type { Writable } from 'node:stream';
import type { Environment } from '../settings/settings.ts';
import type { ExitCode } from './exit-code.ts';

/** Where a command reads and writes: the process's own, or a test's. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Progress, logs and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: Environment;
  readonly cwd: string;
  /** The clock. */
  readonly now: () => Date;
  /** Aborts with an Interruption when the process is told to end. */
  readonly signal: AbortSignal;
  /** Has what Node.js and libraries warn of told in another way than by Node.js itself. */
  readonly onWarning?: (tell: (warning: Error) => void) => void;
  /** Told of the exit code when it is decided: whoever reads stdout may leave, and end the process, before the result is out. */
  readonly onExitCode?: (code: ExitCode) => void;
}

/** Options of every command. */
export interface GlobalOptions {
  readonly config?: string;
  readonly database?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly quiet?: boolean;
}

/** @returns the exit code; expected failures are told on stderr, in one line */
export type RunCommandLine = (args: readonly string[], io: Io) => Promise<ExitCode>;

/** What a command's action is given beside its own arguments. */
export interface CommandContext {
  readonly io: Io;
  /** Called once, as soon as the code is decided; without it the exit code is 0. */
  readonly exit: (code: ExitCode) => void;
  /** Runs another command line to its end. */
  readonly run: RunCommandLine;
  globalOptions(): GlobalOptions;
}

/** Writes a piece of the result, waiting where the reader is slow. A reader that left ends the command quietly. */
export async function writeResult(io: Io, chunks: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const chunk of chunks) {
    if (io.stdout.destroyed) return;
    if (!io.stdout.write(chunk)) await drained(io);
  }
}

/** Today in UTC, `YYYY-MM-DD`. */
export function todayOf({ now }: Pick<Io, 'now'>): string {
  return now().toISOString().slice(0, 10);
}

function drained({ stdout }: Io): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) stdout.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stdout.once(event, done);
  });
}

/** How many columns a stream's terminal has; undefined: there is none, or it does not know, as those of CI that tell 0. */
export function columnsOf({ isTTY, columns }: Pick<Io['stdout'], 'isTTY' | 'columns'>): number | undefined {
  return (isTTY && columns) || undefined;
}
