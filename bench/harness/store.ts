import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase, startPostgres, type TestPostgres } from '../../test/support/postgres.ts';

/** The databases that slimboard can use. */
export const STORE_KINDS = ['postgres', 'embedded'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** An empty database for one audited registry, and the folder that commands run in. */
export interface BenchStore {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Bytes of tables and indexes, without the write-ahead log. */
  sizeBytes(): Promise<number>;
  remove(): void;
}

/** Attestations are not read, because the bare loop does not read them either. */
export const SETTINGS = 'sourceDefaults: { provenance: false }\nlog: { level: warn, format: json }\n';

/** Creates empty stores. The first one on Postgres starts the server that all of them share. */
export class Stores {
  #postgres: Promise<TestPostgres> | undefined;
  readonly #folders: string[] = [];
  #count = 0;

  async create(kind: StoreKind): Promise<BenchStore> {
    const cwd = mkdtempSync(join(tmpdir(), 'slimboard-bench-'));
    this.#folders.push(cwd);
    writeFileSync(join(cwd, 'slimboard.yaml'), SETTINGS);
    const remove = () => rmSync(cwd, { recursive: true, force: true });
    if (kind === 'embedded') return { cwd, env: {}, sizeBytes: async () => folderBytes(cwd), remove };
    this.#postgres ??= startPostgres();
    const url = await createDatabase((await this.#postgres).url, `bench_${++this.#count}`);
    return { cwd, env: { SLIMBOARD_DATABASE_URL: url }, sizeBytes: () => databaseBytes(url), remove };
  }

  /** Stops Postgres, and removes the folders that failed scenarios left behind. */
  async close(): Promise<void> {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
    await (await this.#postgres)?.stop();
  }
}

async function databaseBytes(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
  await client.end();
  return Number(rows[0]?.bytes);
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('pg_wal'))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
