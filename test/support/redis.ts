import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './postgres.ts';

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
  readonly cluster?: boolean;
}

/** Starts Redis. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'slimboard-redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const persistence = options.persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const start = async (): Promise<void> => {
    const address = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
    const cluster = options.cluster ? ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())] : [];
    server = spawn('redis-server', [...address, ...persistence, ...cluster, '--maxmemory-policy', 'noeviction'], {
      stdio: 'ignore',
    });
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
