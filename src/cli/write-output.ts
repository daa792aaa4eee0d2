import { type Text, writeTo } from '../deliver/write-destination.ts';
import { codeOf, DeliveryError, isDiskFull, isFileError, SettingsError, SlimboardError } from '../errors.ts';
import { CONTENT_TYPES } from '../report/formats/formats.ts';
import type { FormatName } from '../report/names.ts';
import type { Destination } from '../settings/destination.ts';
import type { Io } from './io.ts';

/**
 * Writes into the file or object that the command line names, all of it or nothing.
 * @throws SettingsError when it cannot be written, DeliveryError when its disk is full or its store does not answer, and
 * what making the text throws
 */
export async function writeOutput(
  { signal }: Pick<Io, 'signal'>,
  destination: Destination,
  text: Text,
  format: FormatName,
): Promise<void> {
  try {
    await writeTo(destination, text, CONTENT_TYPES[format], signal);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const { cause, message } = error;
    if (cause instanceof SlimboardError || (destination.kind === 'file' && !isFileError(cause))) throw cause;
    if (destination.kind === 's3') throw failureOfStore(message, cause);
    if (isDiskFull(cause)) throw new DeliveryError(`${message}: free space there`, { cause });
    throw new SettingsError(`${message}: choose another file`, { cause });
  }
}

/** Codes of sockets and name lookups, such as ECONNREFUSED. */
const NO_CONNECTION = /^E[A-Z_]+$/;

/** @see the AWS SDK's ServiceException for `$metadata`, and its request handler for TimeoutError */
function failureOfStore(message: string, cause: unknown): SlimboardError {
  const { name, $metadata } = cause as { readonly name?: string; readonly $metadata?: { httpStatusCode?: number } };
  const isAway =
    NO_CONNECTION.test(codeOf(cause)) || name === 'TimeoutError' || ($metadata?.httpStatusCode ?? 0) >= 500;
  if (isAway) return new DeliveryError(`${message}: check that the store can be reached from here`, { cause });
  return new SettingsError(`${message}: check the name of the bucket, and AWS's region and credentials`, { cause });
}
