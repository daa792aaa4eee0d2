import { type Readable, Transform } from 'node:stream';
import type { Dispatcher } from 'undici';
import { TooLargeError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { type Answer, DeadlineError, type ExchangeRequest, MAX_ERROR_BYTES } from './exchange.ts';

/** An answer whose body, if the status is 200, is a stream. */
export interface StreamAnswer extends Answer {
  readonly stream?: Readable;
}

/** A body that is slower than this on average is cut off: it would only hold the connection. */
const MIN_BYTES_PER_MS = 16;

/**
 * Sends a request and returns the body of a 200 as a stream. The caller verifies it, and must read or destroy it.
 * It fails with TooLargeError after `maxBytes`, and with the result of `asError` when it breaks or is too slow.
 * @param deadlineMs for the answer, plus the time that `maxBytes` take at 16 kB/s
 * @throws as `exchange` does
 */
export async function openStream(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  { clock, deadlineMs, asError }: { clock: Clock; deadlineMs: number; asError: (error: Error) => Error },
): Promise<StreamAnswer> {
  const { method, path, headers, signal, maxBytes, what } = request;
  const endsAtMs = clock.now() + deadlineMs + maxBytes / MIN_BYTES_PER_MS;
  const isLate = (): boolean => clock.now() > endsAtMs;
  const response = await dispatcher.request({ method, path, headers, signal: signal ?? null });
  const answer = { status: response.statusCode, headers: response.headers };
  // Any other status, 206 too, is a refusal to the caller: nobody would read its stream to the end.
  if (answer.status !== 200) return { ...answer, body: await readBeginning(response.body, isLate) };
  const check = (bytes: number): Error | null => {
    if (bytes > maxBytes)
      return new TooLargeError(`${what}: more than the ${maxBytes} bytes that its descriptor states`);
    return isLate() ? asError(new DeadlineError()) : null;
  };
  return { ...answer, body: Buffer.alloc(0), stream: checked(response.body, check, asError) };
}

function checked(source: Readable, check: (bytes: number) => Error | null, asError: (error: Error) => Error): Readable {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(check(bytes), chunk);
    },
  });
  source.once('error', (error) => stream.destroy(asError(error)));
  stream.once('close', () => source.destroy());
  return source.pipe(stream);
}

/** The beginning of an error's body; leaving the loop early closes the connection. */
async function readBeginning(body: Readable, isLate: () => boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_ERROR_BYTES) break;
    if (isLate()) throw new DeadlineError();
  }
  return Buffer.concat(chunks);
}
