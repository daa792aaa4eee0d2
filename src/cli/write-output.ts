import { type Text, writeTo } from '../deliver/write-destination.ts';
import { codeOf, DeliveryError, isDiskFull, isFileError, SettingsError, SlimboardError } from '../errors.ts';
import { CONTENT_TYPES } from '../report/formats/formats.ts';
import type { FormatName } from '../report/names.ts';
import type { AuditSummary } from '../report/report.ts';
import { checkDestination, type Destination, destinationOf } from '../settings/destination.ts';
import { type Io, todayOf, writeResult } from './io.ts';

/** Whether the value of `--output` names a file or an object: as in other programs, `-` is stdout, like no value. */
export function namesFile(output: string | undefined): output is string {
  return output !== undefined && output !== '-';
}

/** Checks where a report is to be written before it is computed. @throws SettingsError */
export function checkOutput(output: string | undefined): void {
  if (namesFile(output)) checkDestination(output);
}

/**
 * Writes a report to stdout, or into the file or object that `output` names.
 * @param audit fills the placeholders of that name
 * @throws as {@link writeDestination} does
 */
export async function writeOutput(
  io: Io,
  { output, format }: { readonly output: string | undefined; readonly format: FormatName },
  text: Text,
  audit: AuditSummary | null,
): Promise<void> {
  if (!namesFile(output)) return writeResult(io, text);
  const values = {
    date: todayOf(io),
    audit: audit?.id ?? 0,
    source: audit?.sources.join('+') ?? '',
  };
  await writeDestination(io, destinationOf(output, values, io.cwd), text, format);
}

/**
 * Writes into a file or object, all of it or nothing.
 * @throws SettingsError when it cannot be written, DeliveryError when its disk is full or its store does not answer, and
 * what making the text throws
 */
export async function writeDestination(
  { signal }: Pick<Io, 'signal'>,
  destination: Destination,
  text: Text,
  format: FormatName,
): Promise<void> {
  try {
    await writeTo(destination, text, { contentType: CONTENT_TYPES[format], signal });
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
