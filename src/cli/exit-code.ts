/** The exit codes of the process. Part of the public interface. */
export const EXIT = {
  done: 0,
  failure: 1,
  usage: 2,
  violation: 3,
  incomplete: 4,
  interrupted: 130,
  terminated: 143,
} as const;
/** One of the numbers of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The reason of a command's AbortSignal when a signal of the system ended it. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: ExitCode;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}`);
    this.exitCode = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }
}

/** Compares the name, as with Node's AbortError: each bundle of the command line has its own copy of the class. */
export function isInterruption(error: unknown): error is Interruption {
  return error instanceof Error && error.name === 'Interruption';
}

/** Returns the exit code that tells the caller how an audit ended. */
export function exitCodeOfStatus(status: string): ExitCode {
  if (status === 'finished') return EXIT.done;
  return status === 'incomplete' ? EXIT.incomplete : EXIT.failure;
}
