import { MalformedContentError, SettingsError, SlimboardError } from '../errors.ts';
import { type Digest, parseDigest } from '../oci/digest.ts';
import { type JsonObject, parseJsonObject, readSize, readString, readStringMap } from '../oci/json.ts';
import { parseRegistryHost, parseRepositoryName, parseTag } from '../oci/reference.ts';
import { endOutdated, saveBaseImages } from '../store/catalogue-store.ts';
import type { Database } from '../store/database.ts';
import { digestText } from '../store/digest-text.ts';
import type { BaseImage } from './base-image.ts';

/**
 * The catalogue as one NDJSON file: a header, an image a line, and a last line that says how many there are, so that a
 * file that was cut off is not taken for a whole one. The same catalogue gives the same bytes.
 */

/** Changes when a reader of the last version could misread the next one. */
const SCHEMA = 'slimboard.bases/1';
const ROWS_PER_STATEMENT = 1_000;

const EXPORT = `
  select registry, repository, tag, ${digestText('digest')} as digest, ${digestText('index_digest')} as index_digest, platform,
    ${digestText('chain_id')} as chain_id, layer_count, pull_bytes, labels,
    extract(epoch from created_at)::float8 as created_at, extract(epoch from learned_at)::float8 as learned_at, newest,
    runtime, runtime_version, variant, distro, distro_version
  from base_image order by registry collate "C", repository collate "C", tag collate "C", digest`;

type ExportRow = Readonly<Record<string, string | number | boolean | object | null>>;

/** The lines of the file. */
export async function* exportBases(db: Database): AsyncGenerator<string> {
  yield `${JSON.stringify({ schema: SCHEMA })}\n`;
  let rows = 0;
  for await (const batch of db.stream<ExportRow>(EXPORT)) {
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
 * Takes a file over: all of it, or nothing. Importing again changes nothing; what is known better already stays.
 * @param name of the file, for errors
 * @returns how many images the file holds
 * @throws SettingsError naming the line that is wrong
 */
export async function importBases(db: Database, lines: AsyncIterable<string>, name: string): Promise<number> {
  return db.transaction(async (tx) => {
    let rows = 0;
    for await (const images of imageBatches(lines, name)) {
      await saveBaseImages(tx, images, 'imported');
      rows += images.length;
    }
    await endOutdated(tx);
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
    const place = `${name}:${number}`;
    if (ended) throw new SettingsError(`${place}: there is text behind the end`);
    const value = readLine(line, place);
    if (number === 1) checkHeader(value, place);
    else if (value.end === true) ended = checkEnd(value, rows, place);
    else {
      const image = at(place, () => readImage(value));
      batch.set([image.registry, image.repository, image.tag, image.digest].join(' '), image);
      rows++;
    }
    if (batch.size < ROWS_PER_STATEMENT) continue;
    yield [...batch.values()];
    batch = new Map();
  }
  if (!ended) throw new SettingsError(`${name}: the file is cut off after line ${number}: export it again`);
  yield [...batch.values()];
}

function readLine(line: string, place: string): JsonObject {
  return at(place, () => parseJsonObject(line, 'the line'));
}

function checkHeader({ schema }: JsonObject, place: string): void {
  if (schema === SCHEMA) return;
  const found = typeof schema === 'string' ? `is "${schema.slice(0, 40)}"` : 'is no catalogue of base images';
  throw new SettingsError(`${place}: the file ${found}: write one by "slimboard bases export" (${SCHEMA})`);
}

function checkEnd({ rows }: JsonObject, counted: number, place: string): true {
  if (rows === counted) return true;
  throw new SettingsError(`${place}: the file says ${String(rows)} images and holds ${counted}: export it again`);
}

/** A line's mistake with its place. @throws SettingsError */
function at<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SlimboardError) throw new SettingsError(`${place}: ${error.message}`, { cause: error });
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
    ...(line.index_digest === undefined ? {} : { indexDigest: digest('index_digest') }),
    platform: text('platform'),
    chainId: digest('chain_id'),
    layerCount: readLayerCount(line.layer_count),
    pullBytes: readSize(line.pull_bytes, 'pull_bytes'),
    labels: { ...readStringMap(line.labels) },
    ...(line.created_at === undefined ? {} : { createdAt: readTime(text('created_at'), 'created_at') }),
    learnedAt: readTime(text('learned_at'), 'learned_at'),
    newest: line.newest === true,
    ...optionalTexts(line),
  };
}

/** More layers than any builder makes would not fit its column. */
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

function optionalTexts(line: JsonObject): Partial<BaseImage> {
  const fields = [
    ['runtime', 'runtime'],
    ['runtime_version', 'runtimeVersion'],
    ['variant', 'variant'],
    ['distro', 'distro'],
    ['distro_version', 'distroVersion'],
  ] as const;
  return Object.fromEntries(
    fields.flatMap(([name, key]) => (line[name] === undefined ? [] : [[key, readString(line[name], name)]])),
  );
}
