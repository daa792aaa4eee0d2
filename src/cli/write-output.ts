import { type Text, writeTo } from '../deliver/write-destination.ts';
import { DeliveryError, isDiskFull, isFileError, SettingsError, SlimboardError } from '../errors.ts';
import { CONTENT_TYPES } from '../report/formats/formats.ts';
import type { FormatName } from '../report/names.ts';
import type { Destination } from '../settings/destination.ts';
import type { Io } from './io.ts';

/**
 * Writes into the file or object that the command line names, all of it or nothing.
 * @throws SettingsError when it cannot be written, DeliveryError when its disk is full, and what making the text throws
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
    if (isDiskFull(cause)) throw new DeliveryError(`${message}: free space there`, { cause });
    throw new SettingsError(`${message}: choose another file`, { cause });
  }
}
