import { MalformedContentError, messageOf } from '../../errors.ts';

/**
 * Decompresses a stream and passes on the output in pieces. Pieces share memory: a receiver must copy what it keeps.
 */
export interface Decompressor {
  /**
   * Resolves when more bytes can be written; the output of these may still be pending. May reject for an earlier write.
   */
  write(bytes: Buffer): Promise<void>;
  /** Ends the input. Resolves when the last piece of output was passed on. */
  end(): Promise<void>;
  /** Stops decompressing and frees what is held. */
  close(): void;
}

/** Receives a piece of output, which it must copy if it keeps it. */
export type OnData = (piece: Buffer) => void;

/** Wraps whatever a decoder throws when it cannot decode its input. */
export function malformedStream(cause: unknown): MalformedContentError {
  const reason = messageOf(cause);
  return new MalformedContentError(`layer cannot be decompressed: ${reason}`, { cause });
}
