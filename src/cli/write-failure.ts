import { printable, printableLines } from '../common/printable.ts';
import { variableOf } from '../common/variable-of.ts';
import { InvalidReferenceError, messageOf, NotAnImageError, SettingsError, SlimboardError } from '../errors.ts';
import { withoutCredentials } from '../without-credentials.ts';
import { EXIT, type ExitCode, isInterruption } from './exit-code.ts';
import type { GlobalOptions, Io } from './io.ts';
import { tooManyFiles } from './too-many-files.ts';

/**
 * Writes to stderr why a command failed, in one line; a stack trace only with `--log-level debug` or `trace`.
 * @param outlook what becomes of the command's work if a signal ended it
 */
export async function writeFailure(error: unknown, options: GlobalOptions, io: Io, outlook?: string): Promise<void> {
  const debug = options.logLevel === 'debug' || options.logLevel === 'trace';
  const text = textOf(error, outlook);
  if ((await logFormatOf(options, io)) === 'json') {
    const { createLogger } = await import('../log.ts');
    const log = createLogger({ level: debug ? 'debug' : 'error', format: 'json', stream: io.stderr });
    log.error(debug ? { error } : {}, text);
    return;
  }
  // Settings may have several mistakes, one on each line; other messages may quote a registry.
  const shown = error instanceof SettingsError ? printableLines(text) : printable(text);
  io.stderr.write(`slimboard: ${withoutCredentials(shown)}\n`);
  if (debug && error instanceof Error) io.stderr.write(`${withoutCredentials(printableLines(error.stack ?? ''))}\n`);
}

function textOf(error: unknown, outlook: string | undefined): string {
  const message = messageOf(error);
  if (isInterruption(error)) return outlook ? `${message}: ${outlook}` : message;
  if (error instanceof SlimboardError) return message;
  const limit = tooManyFiles(error);
  if (limit) return limit;
  return `unexpected failure: ${message}; --log-level debug shows the stack trace`;
}

/** Returns the exit code of a command that failed with the error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (isInterruption(error)) return error.exitCode;
  const isMistake = [SettingsError, InvalidReferenceError, NotAnImageError].some((mistake) => error instanceof mistake);
  if (isMistake) return EXIT.usage;
  return EXIT.failure;
}

/** Returns the format that the settings state or, if they cannot be read, the flag or the variable. */
async function logFormatOf(options: GlobalOptions, io: Io): Promise<string | undefined> {
  const { prepare } = await import('./prepare.ts');
  return prepare(io, options).then(
    ({ settings }) => settings.log.format,
    () => options.logFormat ?? variableOf(io.environment, 'SLIMBOARD_LOG_FORMAT'),
  );
}
