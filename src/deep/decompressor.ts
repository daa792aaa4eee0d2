import { MalformedContentError, messageOf } from '../errors.ts';

/** Takes compressed bytes and hands on what comes out, in pieces that are not to be kept. */
export interface Decompressor {
  /** Settles when the bytes are inflated and all but the last piece was handed on. */
  write(bytes: Buffer): Promise<void>;
  /** Settles when the last piece was handed on. */
  end(): Promise<void>;
  close(): void;
}

/** Is called with pieces that are not to be kept. */
export type OnData = (piece: Buffer) => void;

/** Whatever a decoder throws at bytes that it cannot read. */
export function malformedStream(cause: unknown): MalformedContentError {
  const reason = messageOf(cause);
  return new MalformedContentError(`layer cannot be decompressed: ${reason}`, { cause });
}
