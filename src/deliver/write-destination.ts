import { isStoreOutage } from '../database/exceeds-resources.ts';
import { DeliveryError, messageOf } from '../errors.ts';
import { type Destination, formatDestination } from '../settings/destination.ts';
import { putObject } from './put-object.ts';
import { writeFileAtomically } from './write-file.ts';

/** Text that is written piece by piece. */
export type Text = AsyncIterable<string> | Iterable<string>;

/** How text is written. */
export interface WriteOptions {
  /** The media type that a store of objects keeps with it. */
  readonly contentType: string;
  readonly signal: AbortSignal;
  /** How long a store of objects may be silent, in each of three attempts (ms); default: half a minute. */
  readonly silentForMs?: number;
}

/**
 * Writes text to a destination atomically: readers find the old report or the new one, never a part.
 * @throws DeliveryError naming the destination; StoreUnavailableError if the text comes from a database that is away
 */
export async function writeTo(destination: Destination, text: Text, options: WriteOptions): Promise<void> {
  const { signal } = options;
  try {
    if (destination.kind === 'file') await writeFileAtomically(destination.path, text, signal);
    else await putObject(destination, text, options);
  } catch (cause) {
    signal.throwIfAborted();
    if (isStoreOutage(cause)) throw cause;
    const reason = messageOf(cause);
    throw new DeliveryError(`cannot write ${formatDestination(destination)}: ${reason}`, { cause });
  }
}
