import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { endedWithRun } from './ended-with-run.ts';
import { freePort } from './free-port.ts';

/** A running Postgres server on a free port of loopback, with its data in a temporary folder. */
export interface TestPostgres {
  /** The administrator's URL, of the database `postgres`. */
  readonly url: string;
  /** Ends the server like a crash: the next start recovers what was committed. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the same folder. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const WAIT_MS = 100;
const ATTEMPTS = 1_200;

/** Starts a Postgres server. @throws Error when Postgres is not installed (Debian: package postgresql) */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'slimboard-postgres-'));
  const bin = findBinaries();
  const user = process.getuid?.() === 0 ? identityOf('postgres') : undefined;
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, stdio: 'ignore', cwd: folder },
  );
  const port = await freePort();
  const settings = [
    'fsync=off',
    // It counts rows at any moment, also of a table that a test is about to fill: plans would differ from run to run.
    'autovacuum=off',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
    'listen_addresses=127.0.0.1',
  ];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = endedWithRun(spawn(join(bin, 'postgres'), args, { ...user, stdio: 'ignore', cwd: folder }), 'SIGQUIT');
    await untilReady(url);
  };
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  await start();
  return {
    url,
    start,
    kill: () => end('SIGQUIT'),
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates an empty database and returns its URL. @param options of `create database`, as SQL */
export async function createDatabase(adminUrl: string, name: string, options = ''): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`create database ${pg.escapeIdentifier(name)} ${options}`);
  await client.end();
  return Object.assign(new URL(adminUrl), { pathname: `/${name}` }).toString();
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

/** The user and group ID of a system user, as `spawn` accepts them. */
export function identityOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Resolves when the server accepts connections. @throws the last error after two minutes: it hangs */
export async function untilReady(url: string): Promise<void> {
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
