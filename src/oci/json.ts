import { MalformedContentError } from '../errors.ts';

/**
 * Readers for JSON from outside. Each takes the value and the path of its field (for the message) and returns a typed
 * value, or throws MalformedContentError. Strings lose NUL characters: Postgres refuses them.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws MalformedContentError when the bytes are no JSON object in UTF-8 */
export function parseJsonObject(bytes: Uint8Array | string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(
      typeof bytes === 'string'
        ? bytes
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    );
  } catch {
    // JSON.parse quotes the text around the mistake, which may be a token: its error is not passed on.
    throw new MalformedContentError(`${what} is no JSON`);
  }
  return readObject(value, what);
}

/** Whether a value of JSON is an object, no list and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param path where the value stands, for the message @throws MalformedContentError when it is no object */
export function readObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw new MalformedContentError(`${path}: expected an object`);
  return value;
}

/** Absent and null are an empty list: builders write both. */
export function readArray(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedContentError(`${path}: expected a list`);
  return value;
}

/** Text without NUL characters, which Postgres does not take. @throws MalformedContentError when it is no text */
export function readString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new MalformedContentError(`${path}: expected text`);
  return withoutNul(value);
}

/** Absent, null and values of another type are undefined: what we only report about need not fail an image. */
export function readOptionalString(value: unknown): string | undefined {
  return typeof value === 'string' ? withoutNul(value) : undefined;
}

/** A size in bytes: a whole number from 0 to 2^53 - 1. */
export function readSize(value: unknown, path: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new MalformedContentError(`${path}: expected a size in bytes, got ${String(value).slice(0, 40)}`);
  }
  return value as number;
}

/** A string map (labels, annotations); entries whose value is no string are left out. */
export function readStringMap(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  const map: Record<string, string> = Object.create(null);
  for (const key of Object.keys(value)) {
    const entry = value[key];
    if (typeof entry === 'string') map[withoutNul(key)] = withoutNul(entry);
  }
  return map;
}

/** A list of strings; entries of another type are left out. */
export function readStringList(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is string => typeof entry === 'string').map(withoutNul);
}

function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
