import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endedWithRun } from './ended-with-run.ts';
import { freePort } from './free-port.ts';
import { newFolder } from './new-folder.ts';
import { identityOf, untilReady } from './postgres.ts';

/** A running PgBouncer on a free port of loopback. */
export interface TestPgBouncer {
  /** The URL of a database through PgBouncer. @param directUrl the database's own URL */
  urlOf(directUrl: string): string;
  stop(): Promise<void>;
}

/** Debian installs it into /usr/sbin, which is only in root's PATH. */
const PROGRAMS = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'];

/**
 * Starts PgBouncer in front of a Postgres server, in transaction mode.
 * @param serverConnections how many connections to Postgres all clients of one database share
 * @throws Error when it is not installed (Debian: package pgbouncer)
 */
export async function startPgBouncer(postgresUrl: string, serverConnections: number): Promise<TestPgBouncer> {
  const program = PROGRAMS.find((path) => existsSync(path));
  if (!program)
    throw new Error('this test needs PgBouncer: install it (Debian: pgbouncer), or run .ci/run, which does');
  const folder = await newFolder();
  const port = await freePort();
  const settings = join(folder, 'pgbouncer.ini');
  const { hostname, port: postgresPort, username } = new URL(postgresUrl);
  await writeFile(
    settings,
    `[databases]
* = host=${hostname} port=${postgresPort} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${serverConnections}
max_client_conn = 100
`,
  );
  await chmod(folder, 0o755);
  // PgBouncer refuses to run as root.
  const user = process.getuid?.() === 0 ? identityOf('postgres') : {};
  const bouncer = endedWithRun(spawn(program, ['-q', settings], { ...user, stdio: 'ignore', cwd: folder }));
  const urlOf = (directUrl: string) => Object.assign(new URL(directUrl), { port: String(port) }).toString();
  await untilReady(urlOf(postgresUrl));
  return {
    urlOf,
    async stop() {
      const ended = once(bouncer, 'exit');
      bouncer.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
