import { MalformedContentError } from '../errors.ts';

/**
 * Readers for untrusted JSON. Each takes a value and the path of its field (for the message), and returns a typed value
 * or throws MalformedContentError. NUL characters in strings become U+FFFD, because Postgres rejects them.
 */

/** A JSON object whose values have not been checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses a JSON object.
 * @param what names the content in error messages
 * @throws MalformedContentError when the bytes are not a JSON object
 */
export function parseJsonObject(bytes: Uint8Array | string, what: string): JsonObject {
  const text = textOf(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not passed on as cause: JSON.parse quotes the text around the mistake, which may be a token.
    const hint = /^\s*</.test(text) ? ' but a page: a proxy or a login may have answered instead of the registry' : '';
    throw new MalformedContentError(`${what} is not valid JSON${hint}`);
  }
  return readObject(value, what);
}

function textOf(bytes: Uint8Array | string): string {
  if (typeof bytes === 'string') return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Parses a JSON object; undefined if it is anything else. */
export function findJsonObject(bytes: Uint8Array | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object, as opposed to a list or null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads an object. @throws MalformedContentError when the value is anything else */
export function readObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw new MalformedContentError(`${path}: expected an object`);
  return value;
}

/**
 * Reads a list. A missing or null value is an empty list: builders write both.
 * @throws MalformedContentError when the value is anything else
 */
export function readArray(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedContentError(`${path}: expected a list`);
  return value;
}

/** Reads a required string. @throws MalformedContentError when the value is anything else */
export function readString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new MalformedContentError(`${path}: expected text`);
  return withoutNul(value);
}

/**
 * Reads a string; undefined for anything else: a wrong type in a field that is only reported must not fail the image.
 */
export function readOptionalString(value: unknown): string | undefined {
  return typeof value === 'string' ? withoutNul(value) : undefined;
}

/**
 * Reads a size in bytes: an integer from 0 to 2^53 - 1.
 * @throws MalformedContentError when the value is anything else
 */
export function readSize(value: unknown, path: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    // An object may hold a member toString, which String would call, and lists may nest deeper than the stack allows.
    const got = isObject(value) || Array.isArray(value) ? 'an object or a list' : String(value).slice(0, 40);
    throw new MalformedContentError(`${path}: expected a size in bytes, got ${got}`);
  }
  return value as number;
}

/** Reads a string map (labels, annotations), without the entries whose value is not a string; empty for no object. */
export function readStringMap(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  const map: Record<string, string> = Object.create(null);
  for (const key of Object.keys(value)) {
    const entry = value[key];
    if (typeof entry === 'string') map[withoutNul(key)] = withoutNul(entry);
  }
  return map;
}

/** Reads a list of strings, without entries of another type; empty for anything that is not a list. */
export function readStringList(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is string => typeof entry === 'string').map(withoutNul);
}

function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
