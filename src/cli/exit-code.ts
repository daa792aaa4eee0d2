/** What the process tells its caller. Part of the public interface. */
export const EXIT = {
  done: 0,
  failure: 1,
  usage: 2,
  violation: 3,
  incomplete: 4,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The signal that ended a command, as the reason of its AbortSignal. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: ExitCode;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}: what was done is kept, and the next audit goes on from there`);
    this.exitCode = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }
}

/** By name, as Node's own AbortError: the command line and what it loads have each a class of their own. */
export function isInterruption(error: unknown): error is Interruption {
  return error instanceof Error && error.name === 'Interruption';
}

/** What an audit's status means to the caller. */
export function exitCodeOfStatus(status: string): ExitCode {
  if (status === 'finished') return EXIT.done;
  return status === 'incomplete' ? EXIT.incomplete : EXIT.failure;
}
