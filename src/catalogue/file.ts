import { snakeCase } from '../common/snake-case.ts';
import { streamRows } from '../database/cursor.ts';
import type { Database } from '../database/database.ts';
import { MalformedContentError, SettingsError, SlimboardError } from '../errors.ts';
import { type Digest, parseDigest } from '../oci/digest.ts';
import { type JsonObject, parseJsonObject, readSize, readString, readStringMap } from '../oci/json.ts';
import { parseRegistryHost, parseRepositoryName, parseTag } from '../oci/reference.ts';
import { retireOutdatedImages, saveBaseImages } from '../store/catalogue-store.ts';
import { byBytes } from '../store/sql/by-bytes.ts';
import { digestText } from '../store/sql/digest-text.ts';
import type { BaseImage } from './base-image.ts';

/**
 * The catalogue as one NDJSON file: a header, one image a line, and a last line with the number of images, by which
 * {@link importBases} detects a file that was cut off. The same catalogue gives the same bytes.
 */

/** The version rises when readers of the present one could misread a new file. */
const SCHEMA = 'slimboard.bases/1';
const ROWS_PER_STATEMENT = 1_000;

const EXPORT = `
  select registry, repository, tag, ${digestText('digest')} as digest, ${digestText('index_digest')} as index_digest, platform,
    ${digestText('chain_id')} as chain_id, layer_count, pull_bytes, labels,
    extract(epoch from created_at)::float8 as created_at, extract(epoch from learned_at)::float8 as learned_at, newest,
    runtime, runtime_version, variant, distro, distro_version
  from base_image order by ${byBytes('registry', 'repository', 'tag')}, digest`;

type ExportRow = Readonly<Record<string, string | number | boolean | object | null>>;

/** Yields the text of the file, several lines at a time. */
export async function* exportBases(db: Database): AsyncGenerator<string> {
  yield `${JSON.stringify({ schema: SCHEMA })}\n`;
  let rows = 0;
  for await (const batch of streamRows<ExportRow>(db, EXPORT)) {
    rows += batch.length;
    yield batch.map((row) => `${JSON.stringify(lineOf(row))}\n`).join('');
  }
  yield `${JSON.stringify({ end: true, rows })}\n`;
}

function lineOf(row: ExportRow): object {
  const line: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null) continue;
    line[name] = name.endsWith('_at') ? new Date(Math.round(Number(value) * 1000)).toISOString() : value;
  }
  return line;
}

/**
 * Imports a file, all of it or nothing. Importing it again changes nothing; what the catalogue learned later stays.
 * @param name the file's name, for errors
 * @returns how many images the file holds
 * @throws SettingsError naming the line that is wrong
 */
export async function importBases(
  db: Pick<Database, 'transaction'>,
  lines: AsyncIterable<string>,
  name: string,
): Promise<number> {
  return db.transaction(async (tx) => {
    // The lines may come slowly, through a pipe.
    await tx.query('set local idle_in_transaction_session_timeout = 0');
    let rows = 0;
    for await (const images of imageBatches(lines, name)) {
      await saveBaseImages(tx, images, 'imported');
      rows += images.length;
    }
    await retireOutdatedImages(tx);
    return rows;
  });
}

async function* imageBatches(lines: AsyncIterable<string>, name: string): AsyncGenerator<readonly BaseImage[]> {
  let batch = new Map<string, BaseImage>();
  let rows = 0;
  let number = 0;
  let ended = false;
  for await (const line of lines) {
    number++;
    const location = `${name}:${number}`;
    if (ended) throw new SettingsError(`${location}: unexpected text after the end`);
    const value = withLocation(location, () => parseJsonObject(line, 'the line'));
    if (number === 1) checkHeader(value, location);
    else if (value.end === true) ended = checkEnd(value, rows, location);
    else {
      const image = withLocation(location, () => readImage(value));
      batch.set([image.registry, image.repository, image.tag, image.digest].join(' '), image);
      rows++;
    }
    if (batch.size >= ROWS_PER_STATEMENT) {
      yield [...batch.values()];
      batch = new Map();
    }
  }
  if (!ended) throw new SettingsError(`${name}: the file ends early, after line ${number}: export it again`);
  yield [...batch.values()];
}

function checkHeader({ schema }: JsonObject, location: string): void {
  if (schema === SCHEMA) return;
  const found = typeof schema === 'string' ? `is "${schema.slice(0, 40)}"` : 'is not a catalogue of base images';
  throw new SettingsError(`${location}: the file ${found}: create one with "slimboard bases export" (${SCHEMA})`);
}

function checkEnd({ rows }: JsonObject, counted: number, location: string): true {
  if (rows === counted) return true;
  throw new SettingsError(
    `${location}: the file should contain ${String(rows)} images but contains ${counted}: export it again`,
  );
}

/** Puts the file's name and line number before the message of an error. @throws SettingsError */
function withLocation<T>(location: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SlimboardError) throw new SettingsError(`${location}: ${error.message}`, { cause: error });
    throw error;
  }
}

function readImage(line: JsonObject): BaseImage {
  const text = (field: string) => readString(line[field], field);
  const digest = (field: string): Digest => parseDigest(text(field));
  return {
    registry: parseRegistryHost(text('registry')),
    repository: parseRepositoryName(text('repository')),
    tag: parseTag(text('tag')),
    digest: digest('digest'),
    indexDigest: line.index_digest === undefined ? undefined : digest('index_digest'),
    platform: text('platform'),
    chainId: digest('chain_id'),
    layerCount: readLayerCount(line.layer_count),
    pullBytes: readSize(line.pull_bytes, 'pull_bytes'),
    labels: { ...readStringMap(line.labels) },
    createdAt: line.created_at === undefined ? undefined : readTime(text('created_at'), 'created_at'),
    learnedAt: readTime(text('learned_at'), 'learned_at'),
    newest: line.newest === true,
    ...optionalTexts(line),
  };
}

/** More than any builder makes. The database column could not hold arbitrary numbers. */
const MAX_LAYERS = 10_000;

function readLayerCount(value: unknown): number {
  const count = readSize(value, 'layer_count');
  if (count < 1 || count > MAX_LAYERS) throw new MalformedContentError(`layer_count: expected 1 to ${MAX_LAYERS}`);
  return count;
}

function readTime(text: string, field: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new MalformedContentError(`${field}: expected a time in ISO 8601`);
  return time.toISOString();
}

const TEXTS = ['runtime', 'runtimeVersion', 'variant', 'distro', 'distroVersion'] as const;

function optionalTexts(line: JsonObject): Partial<BaseImage> {
  const given = TEXTS.map((key) => [key, snakeCase(key)] as const).filter(([, name]) => line[name] !== undefined);
  return Object.fromEntries(given.map(([key, name]) => [key, readString(line[name], name)]));
}
