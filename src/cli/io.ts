import type { Writable } from 'node:stream';
import { dayOf } from '../common/day.ts';
import type { Environment } from '../settings/settings.ts';
import type { ExitCode } from './exit-code.ts';

/** A command's streams, environment, clock and signal: those of the process, or of a test. */
export interface Io {
  /** Receives the result and nothing else. */
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Receives progress, logs and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: Environment;
  readonly cwd: string;
  /** The clock. */
  readonly now: () => Date;
  /** Aborts with an Interruption when the process receives SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Sets who reports the warnings of Node.js and libraries, instead of Node.js itself. */
  readonly onWarning?: (report: (warning: Error) => void) => void;
  /** Called as soon as the exit code is decided: a reader that closes stdout early ends the process during the result. */
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

/** Runs a command line. @returns the exit code; an expected failure is one line on stderr */
export type RunCommandLine = (args: readonly string[], io: Io) => Promise<ExitCode>;

/**
 * Writes the result, piece by piece, waiting for a slow reader. Returns without an error if the reader closed stdout.
 * @throws the signal's reason when a signal ends the command
 */
export async function writeResult(io: Io, chunks: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const chunk of chunks) {
    io.signal.throwIfAborted();
    if (io.stdout.destroyed) return;
    if (!io.stdout.write(chunk)) await drained(io);
  }
}

/** Today in UTC, `YYYY-MM-DD`. */
export function todayOf({ now }: Pick<Io, 'now'>): string {
  return dayOf(now());
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

/** Whether a stream is a terminal that can erase a line and show colours; editors and some in CI say that theirs cannot. */
export function isSmartTerminal({ isTTY }: Pick<Io['stdout'], 'isTTY'>, { TERM }: Environment): boolean {
  return isTTY === true && TERM !== 'dumb';
}

/** Whether to write colours to a stream. @see https://no-color.org */
export function showsColours(stream: Pick<Io['stdout'], 'isTTY'>, environment: Environment): boolean {
  return isSmartTerminal(stream, environment) && !environment.NO_COLOR;
}

/** Returns the columns of a stream's terminal; undefined if there is no terminal, or it reports 0, as some in CI do. */
export function terminalColumns({ isTTY, columns }: Pick<Io['stdout'], 'isTTY' | 'columns'>): number | undefined {
  return (isTTY && columns) || undefined;
}
