import { type ChildProcess, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { endedWithRun } from './ended-with-run.ts';
import { freePort } from './free-port.ts';
import { newFolder } from './new-folder.ts';

/** A running Redis server on a free port of loopback, with its data in a temporary folder. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Ends the server like a crash: what is not on disk is lost. */
  kill(): Promise<void>;
  /** Lets it fall silent, with its connections open. */
  pause(): void;
  resume(): void;
  /** Starts it again on the same port, with the same folder. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** Writes each command to disk before replying; else a restart loses all data. */
  readonly persistent?: boolean;
  readonly mode?: 'cluster' | 'sentinel';
  /** More arguments, such as those of TLS on a port of its own. */
  readonly more?: readonly string[];
}

/** Starts Redis. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await newFolder();
  const port = await freePort();
  let server: ChildProcess | undefined;
  const persistence = options.persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const start = async (): Promise<void> => {
    const address = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())];
    const common = [...persistence, '--maxmemory-policy', 'noeviction', ...(options.more ?? [])];
    const file = join(folder, 'sentinel.conf');
    await writeFile(file, '');
    const args =
      options.mode === 'sentinel'
        ? [file, '--sentinel', ...address.slice(0, 6)]
        : [...address, ...common, ...(options.mode === 'cluster' ? cluster : [])];
    server = endedWithRun(spawn('redis-server', args, { stdio: 'ignore' }));
    await untilReady(port);
  };
  const kill = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  await client.ping();
  client.disconnect();
}
