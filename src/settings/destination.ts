import { resolve } from 'node:path';
import { SettingsError } from '../errors.ts';

/** Where a report is written: a file, or an object in a bucket of S3. */
export type Destination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

/** The values of the placeholders in a destination. */
export interface PathValues {
  /** `2026-11-23`; for a report of an audit, the day it ended, so that a second attempt writes the same file. */
  readonly date: string;
  readonly audit: number;
  readonly source: string;
}

const OBJECT = /^s3:\/\/([^/]+)\/(.+)$/;
const COMPRESSED = /\.(?:t?gz|br|zst|bz2|xz|7z|zip)$/i;
const PLACEHOLDER = /\{(\w*)\}/g;
const PLACEHOLDERS: readonly (keyof PathValues)[] = ['date', 'audit', 'source'];

/**
 * Checks a configured destination.
 * @returns the path unchanged
 * @throws SettingsError for an empty path, a URL other than `s3://BUCKET/KEY`, the name of a compressed file, or an
 *   unknown placeholder
 */
export function checkDestination(path: string): string {
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
  if (path === '' || (isAddress && !OBJECT.test(path)))
    throw new SettingsError(`cannot write a report to "${path}": expected the path of a file, or s3://BUCKET/KEY`);
  if (COMPRESSED.test(path))
    throw new SettingsError(
      `cannot write a report to "${path}": reports are not compressed: leave the ending out, or send a report on stdout through gzip`,
    );
  for (const [placeholder, name] of path.matchAll(PLACEHOLDER))
    if (!PLACEHOLDERS.some((known) => known === name))
      throw new SettingsError(`unknown placeholder "${placeholder}": expected {date}, {audit} or {source}`);
  return path;
}

/**
 * Fills the placeholders of a configured path. Characters that do not suit a file name become `_`: a source named on
 * the command line may be a host with a port, or contain a slash.
 * @param folder the folder that relative paths start from
 * @throws SettingsError as `checkDestination` does
 */
export function destinationOf(path: string, values: PathValues, folder: string): Destination {
  const filled = checkDestination(path).replace(PLACEHOLDER, (_, name: keyof PathValues) =>
    String(values[name]).replace(/[^\w.+-]/g, '_'),
  );
  const [, bucket, key] = OBJECT.exec(filled) ?? [];
  return bucket && key ? { kind: 's3', bucket, key } : { kind: 'file', path: resolve(folder, filled) };
}

/** Formats a destination for logs and errors: the whole path, or `s3://BUCKET/KEY`. */
export function formatDestination(destination: Destination): string {
  return destination.kind === 'file' ? destination.path : `s3://${destination.bucket}/${destination.key}`;
}
