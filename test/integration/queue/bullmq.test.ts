import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { NotFoundError, RateLimitedError, RegistryUnavailableError } from '../../../src/errors.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import type { AttemptLimits } from '../../../src/queue/attempts.ts';
import { BullmqQueue, type BullmqQueueOptions, type QueueDepth } from '../../../src/queue/bullmq-queue.ts';
import {
  type AttemptOutcome,
  startTaskWorkers,
  type TaskWorkers,
  type TaskWorkersOptions,
} from '../../../src/queue/bullmq-workers.ts';
import type { TaskHandlers, TaskKind, TaskReference } from '../../../src/queue/queue.ts';
import { connectRedis, DEFAULT_PREFIX } from '../../../src/queue/redis-connection.ts';
import { createRedisGovernor } from '../../../src/registry/governor/redis-governor.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { ofEachKind, task } from '../../support/task.ts';
import { fail, newPrefix, noErrors, useRedis } from '../../support/use-redis.ts';

const LIMITS: AttemptLimits = { attempts: 3, firstDelayMs: 2 };

const redis = useRedis();

/** A queue in key space of its own. */
function queueOf(options: Partial<BullmqQueueOptions> = {}): { queue: BullmqQueue; prefix: string } {
  const prefix = newPrefix();
  const queue = new BullmqQueue({ redis: redis(), prefix, limits: LIMITS, pollMs: 5, onError: noErrors(), ...options });
  closedAfterTest(queue);
  return { queue, prefix };
}

/** Workers that count, and a promise of each moment. */
function workersOf(prefix: string, handlers: Partial<TaskHandlers>, options: Partial<TaskWorkersOptions> = {}) {
  const seen: [string, AttemptOutcome][] = [];
  const watchers = new Set<() => void>();
  const workers: TaskWorkers = startTaskWorkers({
    redis: redis(),
    prefix,
    tasksAtOnce: ofEachKind(2),
    limits: LIMITS,
    random: () => 0,
    handlers: { run: async () => undefined, giveUp: async () => undefined, ...handlers },
    events: {
      onError: noErrors(),
      onAttempt(reference, outcome) {
        seen.push([reference.key, outcome]);
        for (const watcher of watchers) watcher();
      },
    },
    ...options,
  });
  closedAfterTest({ close: () => workers.close(0) });
  const attempts = (count: number) =>
    new Promise<void>((resolve) => {
      const watcher = () => seen.length >= count && resolve();
      watchers.add(watcher);
      watcher();
    });
  return { workers, seen, attempts };
}

/** Tasks of the table, as one page. */
async function* pageOf(...keys: readonly string[]) {
  yield keys.map((key) => task('manifests', key));
}

async function left(queue: BullmqQueue): Promise<number> {
  const depths = await queue.depths();
  return depths.reduce((sum, { waiting, active, delayed }) => sum + waiting + active + delayed, 0);
}

test('the rights that a refused user is told to ask for suffice, and reach nothing else', async () => {
  const admin = redis();
  await admin.acl('SETUSER', 'tight', 'on', '>secret', '~none:*', '+ping');
  const url = `redis://tight:secret@127.0.0.1:${admin.options.port}`;
  const refusal = await connectRedis(url, fail).catch(String);
  const [, rights = ''] = /NOPERM .*; grant its user (.*)$/.exec(String(refusal)) ?? [];
  await admin.acl('SETUSER', 'tight', 'resetkeys', ...rights.split(' '));
  const own = await connectRedis(url, fail);
  closedAfterTest({ close: async () => own.disconnect() });
  const options = { redis: own, prefix: DEFAULT_PREFIX };
  const { queue } = queueOf(options);
  const { attempts, seen } = workersOf(DEFAULT_PREFIX, {}, options);
  await queue.add([task('source', 's')]);
  await attempts(1);
  expect(seen).toEqual([['s', 'done']]);
  expect(await queue.hasWorkers()).toBe(true);
  const governor = createRedisGovernor({ ...options, onError: fail });
  closedAfterTest(governor);
  (await governor.acquire(parseRegistryHost('registry.example.com'), { maxConcurrency: 1 }))({ kind: 'answered' });
  await expect(own.set('other', '1')).rejects.toThrow('NOPERM');
  await expect(own.acl('SETUSER', 'tight', '~*')).rejects.toThrow('NOPERM');
});

describe('tasks in Redis', () => {
  test('a queue knows whether any worker is connected', async () => {
    const { queue, prefix } = queueOf();
    expect(await queue.hasWorkers()).toBe(false);
    const { attempts } = workersOf(prefix, {});
    await queue.add([task('source', 's')]);
    await attempts(1);
    expect(await queue.hasWorkers()).toBe(true);
  });

  test('two workers run every task of a tree once, and nothing remains in Redis', async () => {
    const { queue, prefix } = queueOf({ bound: 3 });
    const ran: string[] = [];
    const run = async ({ kind, key }: TaskReference, { signal }: { signal: AbortSignal }) => {
      ran.push(key);
      const next = { source: 'repository', repository: 'manifests' }[kind as string] as TaskKind | undefined;
      for (let n = 0; next && n < 6; n++) await queue.add([task(next, `${key}:${n}`)], { signal });
    };
    const one = workersOf(prefix, { run });
    const two = workersOf(prefix, { run });
    await queue.add([task('source', 's')]);
    const all = 1 + 6 + 36;
    while (one.seen.length + two.seen.length < all)
      await Promise.race([one.attempts(one.seen.length + 1), two.attempts(two.seen.length + 1)]);
    expect(new Set(ran).size).toBe(all);
    expect(ran).toHaveLength(all);
    await Promise.all([one.workers.close(1_000), two.workers.close(1_000)]);
    expect(await left(queue)).toBe(0);
    expect(await redis().keys(`${prefix}:*:1-*`)).toEqual([]);
  });

  test('a queued task is not queued again', async () => {
    const { queue } = queueOf();
    await queue.add([task('source', 's'), task('source', 's')]);
    await queue.add([task('source', 's'), task('source', 's', { auditId: 2 })]);
    expect(await left(queue)).toBe(2);
  });

  test('Redis stores references only, not other properties of the objects', async () => {
    const { queue, prefix } = queueOf();
    const secret = 'hunter2';
    await queue.add([{ ...task('source', 's'), token: secret } as TaskReference]);
    const job = await redis().hgetall(`${prefix}:source-nightly:1-s`);
    expect(JSON.parse(job.data ?? '')).toEqual(task('source', 's'));
    expect(JSON.stringify(job)).not.toContain(secret);
  });

  test('adding waits while the queue is full, continues when there is room, and can be aborted', async () => {
    const { queue, prefix } = queueOf({ bound: 10 });
    const stop = new AbortController();
    let most = 0;
    const many = Array.from({ length: 300 }, (_, n) => task('manifests', `m${n}`));
    const added = queue.add(many, { signal: stop.signal });
    const { seen, attempts } = workersOf(prefix, {
      run: async () => {
        // The bound is of those that wait: the workers have two more in hand.
        const depths = await queue.depths();
        most = Math.max(most, ...depths.map(({ waiting }) => waiting));
      },
    });
    await added;
    await attempts(many.length);
    expect(seen).toHaveLength(many.length);
    // One chunk may come on top of the bound.
    expect(most).toBeLessThanOrEqual(10 + 200);

    const { queue: full } = queueOf({ bound: 1, pollMs: 3_600_000 });
    const waiting = full.add([task('assess', 'a')], { signal: stop.signal });
    await untilSome(full, ({ waiting }) => waiting === 1);
    // It has been told by now that there is no room.
    await full.depths();
    stop.abort(new Error('interrupted'));
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    const room = queue.add([task('assess', 'a')], { signal: stop.signal });
    await expect(room).rejects.toThrow('interrupted');
  });

  test('tasks that a registry delays leave room for others, up to five times the bound', async () => {
    const { queue, prefix } = queueOf({ bound: 2 });
    workersOf(prefix, { run: () => Promise.reject(new RateLimitedError('slow down', 3_600_000)) });
    for (let count = 1; count <= 10; count++) {
      expect(await queue.requeueLost(pageOf(`m${count}`))).toBe(1);
      await untilSome(queue, ({ delayed }) => delayed === count);
    }
    expect(await queue.requeueLost(pageOf('m11'))).toBe(0);
  });

  test('of tasks in the table those that Redis lost are queued and counted', async () => {
    const { queue } = queueOf();
    await queue.add([task('manifests', 'kept')]);
    async function* pages() {
      yield* pageOf('kept', 'lost');
      yield [task('manifests', 'lost, too'), task('assess', 'lost')];
      yield [task('manifests', 'kept')];
    }
    expect(await queue.requeueLost(pages())).toBe(3);
    expect(await left(queue)).toBe(4);
  });

  test('adding says what is wrong when the memory of Redis is full', async () => {
    const { queue } = queueOf();
    await redis().config('SET', 'maxmemory', '1');
    const added = queue.add([task('source', 'lab')]).finally(() => redis().config('SET', 'maxmemory', '0'));
    await expect(added).rejects.toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringMatching(/^Redis accepts no tasks \(OOM/),
    });
  });

  test('restoring lost tasks can be aborted between two pages', async () => {
    const { queue } = queueOf();
    const stop = new AbortController();
    async function* pages() {
      yield [task('manifests', 'first')];
      stop.abort(new Error('stopped'));
      yield [task('manifests', 'second')];
    }
    await expect(queue.requeueLost(pages(), { signal: stop.signal })).rejects.toThrow('stopped');
    const depths = await queue.depths();
    expect(depths.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(1);
  });

  test('a worker runs as many tasks of a kind at once as it is told to', async () => {
    const { queue, prefix } = queueOf();
    const moment = momentOf();
    const { attempts } = workersOf(prefix, { run: () => moment.passed }, { tasksAtOnce: ofEachKind(2) });
    await queue.add(['a', 'b', 'c'].map((key) => task('manifests', key)));
    await untilSome(queue, ({ active, waiting }) => active === 2 && waiting === 1);
    moment.pass();
    await attempts(3);
  });

  test('a task may send as many requests at the same time as it likes, without a warning of Node.js', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const { queue, prefix } = queueOf();
    const { attempts } = workersOf(prefix, {
      run: async (_, { signal }) => {
        for (let request = 0; request < 50; request++) signal.addEventListener('abort', () => undefined);
      },
    });
    await queue.add([task('source', 's')]);
    await attempts(1);
    expect(warned).not.toHaveBeenCalled();
  });

  test('nightly tasks that fill their lanes do not delay an ad-hoc one', async () => {
    const { queue, prefix } = queueOf();
    const stuck = momentOf();
    const { seen, attempts } = workersOf(prefix, {
      run: async ({ lane }) => (lane === 'nightly' ? stuck.passed : undefined),
    });
    await queue.add(Array.from({ length: 20 }, (_, n) => task('manifests', `n${n}`)));
    await queue.add([task('manifests', 'urgent', { lane: 'adhoc' })]);
    await attempts(1);
    expect(seen).toEqual([['urgent', 'done']]);
    stuck.pass();
    await attempts(21);
  });
});

describe('tasks that fail', () => {
  test('an outage is retried, then given up once, and nothing remains in Redis', async () => {
    const { queue, prefix } = queueOf();
    const givenUp: unknown[] = [];
    const outage = new RegistryUnavailableError('down');
    const { workers, seen, attempts } = workersOf(prefix, {
      run: () => Promise.reject(outage),
      giveUp: async (_, error) => void givenUp.push(error),
    });
    await queue.add([task('manifests', 'm')]);
    await attempts(3);
    expect(seen.map(([, outcome]) => outcome)).toEqual(['retried', 'retried', 'given-up']);
    expect(givenUp).toEqual([outage]);
    await workers.close(1_000);
    expect(await redis().keys(`${prefix}:*:1-*`)).toEqual([]);
  });

  test('a task that failed is delayed before it is tried again', async () => {
    const { queue, prefix } = queueOf();
    const { seen, attempts } = workersOf(
      prefix,
      { run: () => Promise.reject(new RegistryUnavailableError('down')) },
      { limits: { ...LIMITS, firstDelayMs: 3_600_000 } },
    );
    await queue.add([task('manifests', 'm')]);
    await Promise.race([untilSome(queue, ({ delayed }) => delayed === 1), attempts(LIMITS.attempts)]);
    expect(seen).toEqual([['m', 'retried']]);
  });

  test('a permanent failure is given up at once, an unexpected one after all attempts', async () => {
    const { queue, prefix } = queueOf();
    const { seen, attempts } = workersOf(prefix, {
      run: async ({ key }) => {
        throw key === 'gone' ? new NotFoundError('gone') : new TypeError('x is undefined');
      },
    });
    await queue.add([task('repository', 'gone')]);
    await attempts(1);
    await queue.add([task('repository', 'bug')]);
    await attempts(4);
    expect(seen).toEqual([
      ['gone', 'given-up'],
      ['bug', 'retried'],
      ['bug', 'retried'],
      ['bug', 'given-up'],
    ]);
  });

  test('rate limits delay a task more often than it has attempts, and free the lane meanwhile', async () => {
    const { queue, prefix } = queueOf();
    let answers = 8;
    const { seen, attempts } = workersOf(
      prefix,
      {
        run: async ({ key }) => {
          if (key === 'limited' && answers-- > 0) throw new RateLimitedError('slow down', answers === 7 ? 400 : 1);
        },
      },
      { tasksAtOnce: ofEachKind(1) },
    );
    await queue.add([task('manifests', 'limited')]);
    await attempts(1);
    await queue.add([task('manifests', 'other')]);
    await attempts(2);
    expect(seen[1]).toEqual(['other', 'done']);
    await attempts(10);
    expect(seen.at(-1)).toEqual(['limited', 'done']);
    expect(seen.filter(([, outcome]) => outcome === 'rate-limited')).toHaveLength(8);
  });

  test('when giving up fails too, which is reported, the task stays queued', async () => {
    const { queue, prefix } = queueOf();
    let failures = 0;
    const { seen, attempts } = workersOf(prefix, {
      run: () => Promise.reject(new NotFoundError('gone')),
      giveUp: async () => {
        if (failures++ === 0) throw new RegistryUnavailableError('store is away');
      },
    });
    await queue.add([task('manifests', 'm')]);
    await attempts(2);
    expect(seen).toEqual([
      ['m', 'retried'],
      ['m', 'given-up'],
    ]);
    expect(failures).toBe(2);
  });
});

describe('stopping', () => {
  test('tasks that end within the grace period end, and no new ones start', async () => {
    const { queue, prefix } = queueOf();
    const moment = momentOf();
    const { workers, seen } = workersOf(
      prefix,
      { run: (_, { signal }) => Promise.race([moment.passed, untilAborted(signal)]) },
      { tasksAtOnce: ofEachKind(1) },
    );
    await queue.add([task('manifests', 'a'), task('manifests', 'b')]);
    await untilSome(queue, ({ active }) => active > 0);
    const closed = workers.close(60_000);
    // Time in which the task could have been aborted.
    await queue.depths();
    moment.pass();
    await closed;
    expect(seen).toEqual([['a', 'done']]);
    expect(await left(queue)).toBe(1);
  });

  test('tasks that fail while the worker stops return to their queue, without counting an attempt', async () => {
    const { queue, prefix } = queueOf();
    const run: TaskHandlers['run'] = async (_, { signal, stopping = signal }) => {
      await untilAborted(stopping).catch(() => undefined);
      throw new RegistryUnavailableError('away');
    };
    const { workers, seen } = workersOf(prefix, { run });
    await queue.add([task('manifests', 'a')]);
    await untilSome(queue, ({ active }) => active > 0);
    await workers.close(60_000);
    expect(new Set(seen.map(([, outcome]) => outcome))).toEqual(new Set(['given-back']));
    expect(await queue.depths()).toContainEqual({
      kind: 'manifests',
      lane: 'nightly',
      waiting: 1,
      active: 0,
      delayed: 0,
    });
  });

  test('tasks that do not end in time are aborted and return to the front of the queue, without counting an attempt', async () => {
    const { queue, prefix } = queueOf();
    const { workers, seen } = workersOf(
      prefix,
      { run: (_, { signal }) => untilAborted(signal) },
      { tasksAtOnce: ofEachKind(1) },
    );
    await queue.add([task('manifests', 'a'), task('manifests', 'b')]);
    await untilSome(queue, ({ active }) => active > 0);
    await workers.close(0);
    expect(seen).toEqual([['a', 'given-back']]);

    const next = workersOf(prefix, {}, { tasksAtOnce: ofEachKind(1) });
    await next.attempts(2);
    expect(next.seen).toEqual([
      ['a', 'done'],
      ['b', 'done'],
    ]);
  });
});

function momentOf(): { readonly passed: Promise<void>; readonly pass: () => void } {
  let pass: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass: () => pass() };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** Resolves when some kind and lane has these numbers of tasks. */
async function untilSome(queue: BullmqQueue, has: (depth: QueueDepth) => boolean): Promise<void> {
  while (!(await queue.depths()).some(has));
}
