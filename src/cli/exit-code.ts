import { InvalidReferenceError, SettingsError, SlimboardError } from '../errors.ts';

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
  readonly exitCode: ExitCode;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}: what was done is kept, and the next audit goes on from there`);
    this.exitCode = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }
}

/** The exit code that an error ends a command with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof SettingsError || error instanceof InvalidReferenceError) return EXIT.usage;
  if (error instanceof SlimboardError && error.code === 'interrupted') return EXIT.interrupted;
  return EXIT.failure;
}

/** What an audit's status means to the caller. */
export function exitCodeOfStatus(status: string): ExitCode {
  if (status === 'finished') return EXIT.done;
  return status === 'incomplete' ? EXIT.incomplete : EXIT.failure;
}
