import { DeliveryError, messageOf } from '../errors.ts';
import { type Destination, formatDestination } from '../settings/destination.ts';
import { putObject } from './put-object.ts';
import { writeFileAtomically } from './write-file.ts';

/** Text that is written piece by piece. */
export type Text = AsyncIterable<string> | Iterable<string>;

/**
 * Writes text to a destination atomically: readers find the old report or the new one, never a part.
 * @throws DeliveryError naming the destination
 */
export async function writeTo(
  destination: Destination,
  text: Text,
  contentType: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (destination.kind === 'file') await writeFileAtomically(destination.path, text, signal);
    else await putObject(destination, text, contentType, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const reason = messageOf(cause);
    throw new DeliveryError(`cannot write ${formatDestination(destination)}: ${reason}`, { cause });
  }
}
