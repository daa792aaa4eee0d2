import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import v8 from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { codeOf, messageOf } from '../errors.ts';
import {
  joinTexts,
  type ThreadAnswer,
  type ThreadOptions,
  type ThreadReady,
  type ThreadRequest,
} from './pglite-protocol.ts';
import { unpackTemplate } from './unpack-template.ts';

// Runs the embedded database in a thread of its own, because a query blocks the thread that it runs in.

// The defaults reserve 128 MB of buffers and let the write-ahead log grow to 1 GB.
const SERVER_SETTINGS = ['-c', 'shared_buffers=32MB', '-c', 'max_wal_size=64MB'];

/**
 * The budget after which V8 compiles a WebAssembly function again, for speed: minutes of running, where the default of
 * Node.js 20 is half a second. A command that ends within a second would spend half of its processor time on such
 * compiling, and wait at its end for what was not finished. An audit is worth it, and so is a report over many rows.
 * The value is near the flag's maximum because Node.js 24 uses up the budget faster.
 */
const BRIEF_TIERING_BUDGET = 2_000_000_000;
/** The size of a database with some 100,000 tags. */
const LARGE_BYTES = 400_000_000;

/** The OID of each array type that statements use, by that of its elements. They never change: src/include/catalog/pg_type.dat of Postgres. */
const ARRAY_TYPES: readonly (readonly [element: number, array: number])[] = [
  [types.BOOL, 1000],
  [types.BYTEA, 1001],
  [types.INT4, 1007],
  [types.TEXT, 1009],
  [types.INT8, 1016],
  [types.TIMESTAMPTZ, 1185],
  [types.NUMERIC, 1231],
];

/** PGlite without the query by which it reads all array types at its start: a tenth of a short command's time. */
class EmbeddedPostgres extends PGlite {
  override async _initArrayTypes(): Promise<void> {
    for (const [element, array] of ARRAY_TYPES) {
      this.serializers[array] = (values) => types.arraySerializer(values, this.serializers[element], array);
      this.parsers[array] = (text) => types.arrayParser(text, this.parsers[element] ?? String, array);
    }
  }
}

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');
const db = await open(workerData as ThreadOptions);
if (db)
  port.on('message', (request: ThreadRequest) => void answer(db, request).then((reply) => port.postMessage(reply)));

async function open({ dataDir, brief, templateFile }: ThreadOptions): Promise<PGlite | undefined> {
  if (brief && !isLarge(dataDir)) v8.setFlagsFromString(`--wasm-tiering-budget=${BRIEF_TIERING_BUDGET}`);
  try {
    const isInMemory = dataDir.startsWith('memory:');
    if (templateFile && !isInMemory && !existsSync(join(dataDir, 'PG_VERSION')))
      await unpackTemplate(templateFile, dataDir);
    const opened = new EmbeddedPostgres({
      dataDir,
      startParams: [...PGlite.defaultStartParams, ...SERVER_SETTINGS],
      parsers: {
        [types.INT8]: Number,
        [types.NUMERIC]: Number,
        [types.DATE]: (text) => text,
        [types.TIMESTAMPTZ]: (text) => new Date(text).toISOString(),
        [types.BYTEA]: (text) => Buffer.from(text.slice(2), 'hex'),
      },
      ...(templateFile && isInMemory ? { loadDataDir: new Blob([await readFile(templateFile)]) } : {}),
    });
    await opened.waitReady;
    port?.postMessage({ ready: true } satisfies ThreadReady);
    return opened;
  } catch (error) {
    port?.postMessage({ ready: false, message: messageOf(error) } satisfies ThreadReady);
    return undefined;
  }
}

function isLarge(dataDir: string): boolean {
  const tables = join(dataDir, 'base');
  if (!existsSync(tables)) return false;
  const files = readdirSync(tables, { recursive: true, encoding: 'utf8' });
  return files.reduce((bytes, name) => bytes + statSync(join(tables, name)).size, 0) > LARGE_BYTES;
}

async function answer(database: PGlite, request: ThreadRequest): Promise<ThreadAnswer> {
  const { id } = request;
  try {
    if (request.op === 'query') return { id, rows: (await database.query(request.sql, [...request.parameters])).rows };
    if (request.op === 'fetch') return { id, text: joinTexts(await fetchTexts(database, request.sql)) };
    await database.close();
    return { id };
  } catch (error) {
    // PGlite's errors contain the statement and its parameters: pass on only the message and the code.
    return { id, error: { message: messageOf(error), code: codeOf(error) } };
  }
}

async function fetchTexts(database: PGlite, sql: string): Promise<readonly string[]> {
  const { rows } = await database.query<readonly [string]>(sql, [], { rowMode: 'array' });
  return rows.map(([text]) => text);
}
