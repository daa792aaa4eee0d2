import type { ExitCode } from './exit-code.ts';
import type { Io, RunCommandLine } from './io.ts';
import type { Session } from './prepare.ts';

/** What a command's action receives besides its own arguments. */
export interface CommandContext {
  readonly io: Io;
  /** Reads the settings. @param flags those of the command that override settings */
  readonly prepare: (flags?: object) => Promise<Session>;
  /** To be called once, as soon as the exit code is decided; if it is not called, the code is 0. */
  readonly exit: (code: ExitCode) => void;
  /** Sets how long the command may take to end after a signal (ms), if that is not 8 s. */
  readonly endWithin: (ms: number) => void;
  /** Sets what becomes of the command's work if a signal ends it, for the line that says so. */
  readonly whenStopped: (outlook: string) => void;
  /** Runs another command line to its end. */
  readonly run: RunCommandLine;
}
