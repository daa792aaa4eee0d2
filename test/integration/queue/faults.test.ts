import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { untilAborted } from '../../../src/common/until-aborted.ts';
import { BullmqQueue } from '../../../src/queue/bullmq-queue.ts';
import { startTaskWorkers, type TaskWorkers } from '../../../src/queue/bullmq-workers.ts';
import type { TaskReference } from '../../../src/queue/queue.ts';
import { connectRedis } from '../../../src/queue/redis-connection.ts';
import { startSweeper } from '../../../src/queue/sweeper.ts';
import { bundle } from '../../support/bundle.ts';
import { eventually } from '../../support/eventually.ts';
import { startProcess } from '../../support/processes.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { ofEachKind, task } from '../../support/task.ts';

const PREFIX = 'faults';
let server: TestRedis;
let redis: Redis;
let queue: BullmqQueue;
/** What the queue reported. */
let failures: unknown[];
const opened: (() => Promise<unknown>)[] = [];

async function open(persistent: boolean): Promise<void> {
  server = await startRedis({ persistent });
  redis = await connectRedis(server.url, () => undefined);
  failures = [];
  queue = new BullmqQueue({ redis, prefix: PREFIX, pollMs: 5, onError: (error) => failures.push(error) });
}
beforeEach(() => {
  opened.length = 0;
});
afterEach(async () => {
  for (const close of opened.reverse()) await close();
  await queue.close();
  redis.disconnect();
  await server.stop();
});

/** The database's part: tasks that are not settled. A handler settles, and everybody sees when none is left. */
class Table {
  readonly open = new Map<string, TaskReference>();
  readonly runs: string[] = [];
  readonly givenUp: unknown[] = [];
  /** The ids of jobs whose worker died. */
  readonly stalled: string[] = [];
  /** What workers said of tasks that others may have. */
  readonly lost: string[] = [];
  readonly errors: unknown[] = [];
  #empty: () => void = () => undefined;
  readonly settled = new Promise<void>((resolve) => {
    this.#empty = resolve;
  });

  add(tasks: readonly TaskReference[]): void {
    for (const one of tasks) this.open.set(one.key, one);
  }

  settle({ key }: TaskReference): void {
    this.open.delete(key);
    if (this.open.size === 0) this.#empty();
  }

  async *pages(): AsyncGenerator<readonly TaskReference[]> {
    yield [...this.open.values()];
  }
}

/** @param lockMs default: so short that other workers soon take over tasks; on a busy machine also from one that works */
function startWorkers(
  table: Table,
  work: (task: TaskReference, signal: AbortSignal) => Promise<unknown> = async () => undefined,
  lockMs = 300,
): TaskWorkers {
  const workers = startTaskWorkers({
    redis,
    prefix: PREFIX,
    tasksAtOnce: ofEachKind(2),
    lockMs,
    handlers: {
      async run(reference, { signal }) {
        table.runs.push(reference.key);
        await work(reference, signal);
        table.settle(reference);
      },
      async giveUp(reference, error) {
        table.givenUp.push(error);
        table.settle(reference);
      },
    },
    events: {
      onError: (error) => table.errors.push(error),
      onTaskLost: ({ message }) => table.lost.push(message),
      onStalled: (id) => table.stalled.push(id),
    },
  });
  opened.push(() => workers.close(0));
  return workers;
}

function startSweeping(table: Table): void {
  const sweep = async (signal: AbortSignal) => void (await queue.requeueLost(table.pages(), { signal }));
  const sweeper = startSweeper({
    redis,
    prefix: PREFIX,
    everyMs: 40,
    signOfLife: async () => undefined,
    sweep,
    onError: () => undefined,
  });
  opened.push(() => sweeper.close());
}

describe('a worker that is killed', () => {
  test('leaves its task to other workers, also one that others left before, and each task is settled', async () => {
    await open(false);
    const file = await bundle(fileURLToPath(new URL('killed-worker.ts', import.meta.url)), 'killed-worker');
    opened.push(() => rm(file));
    const worker = startProcess(file, [server.url, PREFIX], { cwd: process.cwd(), env: {} });
    const table = new Table();
    const tasks = [task('manifests', 'stuck'), task('manifests', 'b'), task('assess', 'stuck too')];
    table.add(tasks);
    await queue.add(tasks);
    await redis.hset(`${PREFIX}:manifests-nightly:1-stuck`, 'stc', 4);
    await Promise.all([worker.waitForOutput('took stuck\n'), worker.waitForOutput('took stuck too\n')]);
    await worker.stop('SIGKILL');

    startWorkers(table);
    await table.settled;
    expect([...new Set(table.runs)].sort()).toEqual(['b', 'stuck', 'stuck too']);
    await eventually(() => expect(new Set(table.stalled)).toEqual(new Set(['1-stuck', '1-stuck too'])));
  });

  test('repeatedly by the same task: the task is given up at the sixth time', async () => {
    await open(false);
    const table = new Table();
    const tasks = [task('manifests', 'deadly'), task('manifests', 'unlucky')];
    table.add(tasks);
    await queue.add(tasks);
    await redis.hset(`${PREFIX}:manifests-nightly:1-deadly`, 'stc', 6);
    await redis.hset(`${PREFIX}:manifests-nightly:1-unlucky`, 'stc', 5);
    startWorkers(table);
    await table.settled;
    expect(table.runs).toEqual(['unlucky']);
    expect(table.givenUp).toMatchObject([{ code: 'workers-ended' }]);
  });
});

test('a worker whose task another one may have is told so, and of no failure of Redis', async () => {
  await open(false);
  const table = new Table();
  const added = task('manifests', 'a');
  table.add([added]);
  const ends = new AbortController();
  startWorkers(table, () => untilAborted(ends.signal));
  await queue.add([added]);
  await eventually(() => expect(table.runs).toEqual(['a']));
  await redis.del(`${PREFIX}:manifests-nightly:1-a:lock`);
  await eventually(() => expect(table.lost).toContain('could not renew lock for job 1-a'));
  ends.abort();
  await table.settled;
  expect(table.errors).toEqual([]);
});

describe('a Redis that restarts', () => {
  const many = Array.from({ length: 60 }, (_, n) => task(n % 2 ? 'manifests' : 'repository', `t${n}`));

  test('with its data: workers continue with the queued tasks', async () => {
    await open(true);
    const table = new Table();
    table.add(many);
    await queue.add(many);
    await server.kill();
    await eventually(() => expect(failures).not.toEqual([]));
    await server.start();
    startWorkers(table, undefined, 60_000);
    await table.settled;
    expect([...table.runs].sort()).toEqual(many.map(({ key }) => key).sort());
  });

  test('empty, during work: it is refilled from the table, and every task is settled', async () => {
    await open(false);
    const table = new Table();
    table.add(many);
    let restarted: Promise<void> | undefined;
    startWorkers(table, async () => {
      if (table.runs.length < 10) return;
      restarted ??= server.kill().then(() => server.start());
      await restarted;
    });
    startSweeping(table);
    await queue.add(many);
    await table.settled;
    expect(restarted).toBeDefined();
    expect(new Set(table.runs).size).toBe(many.length);
  });

  test('empty, while no task runs: it is refilled from the table', async () => {
    await open(false);
    const table = new Table();
    table.add(many);
    await queue.add(many);
    await server.kill();
    await server.start();
    startSweeping(table);
    startWorkers(table);
    await table.settled;
    expect(new Set(table.runs).size).toBe(many.length);
  });
});

describe('workers end in seconds while Redis is silent, however long their tasks may take', () => {
  test('without a task', async () => {
    await open(false);
    const table = new Table();
    table.add([task('manifests', 'a')]);
    await queue.add([task('manifests', 'a')]);
    const workers = startWorkers(table);
    await table.settled;
    server.pause();
    await workers.close(600_000);
    opened.pop();
    server.resume();
  });

  test('with a task, which is aborted, as it may wait for Redis', async () => {
    await open(false);
    const table = new Table();
    const aborted = vi.fn();
    const workers = startWorkers(table, (_, signal) => untilAborted(signal).then(aborted));
    await queue.add([task('manifests', 'a')]);
    await eventually(() => expect(table.runs).toEqual(['a']));
    server.pause();
    await workers.close(600_000);
    opened.pop();
    server.resume();
    await eventually(() => expect(aborted).toHaveBeenCalled());
  });
});
