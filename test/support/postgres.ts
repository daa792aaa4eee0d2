import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A Postgres server of the tests' own, on a free port of loopback, in a temporary folder. */
export interface TestPostgres {
  /** Of the administrator, for the database `postgres`. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const WAIT_MS = 100;
const ATTEMPTS = 100;

/** @throws Error when Postgres is not installed (Debian: package postgresql) */
export async function startPostgres(
  port?: number,
  folder = mkdtempSync(join(tmpdir(), 'slimboard-postgres-')),
): Promise<TestPostgres> {
  const bin = findBinaries();
  const user = process.getuid?.() === 0 ? identityOf('postgres') : undefined;
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  if (!existsSync(data)) {
    execFileSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...user, stdio: 'ignore', cwd: folder },
    );
  }
  const listen = port ?? (await freePort());
  const settings = [
    'fsync=off',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
    'listen_addresses=127.0.0.1',
  ];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(listen), ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, stdio: 'ignore', cwd: folder },
  );
  const url = `postgres://postgres@127.0.0.1:${listen}/postgres`;
  await untilReady(url);
  return {
    url,
    pid: server.pid ?? 0,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates an empty database and returns its URL. */
export async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`create database ${pg.escapeIdentifier(name)}`);
  await client.end();
  return Object.assign(new URL(adminUrl), { pathname: `/${name}` }).toString();
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function findBinaries(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const [newest] = versions.filter((version) => existsSync(join(root, version, 'bin', 'initdb')));
  if (newest) return join(root, newest, 'bin');
  throw new Error(
    'these tests need Postgres: install it (Debian: apt-get install postgresql), or run .ci/run, which does',
  );
}

function identityOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}
