import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { NotFoundError, RateLimitedError, RegistryUnavailableError } from '../../../src/errors.ts';
import { InProcessQueue, type InProcessQueueOptions } from '../../../src/queue/in-process-queue.ts';
import { TASK_KINDS, type TaskHandlers, type TaskReference } from '../../../src/queue/queue.ts';
import { ofEachKind, task } from '../../support/task.ts';

/** A queue whose delays pass at once, and what its handlers were asked. */
function queueOf(
  run: (task: TaskReference, signal: AbortSignal) => Promise<void>,
  more: Partial<InProcessQueueOptions> = {},
) {
  const delays: number[] = [];
  const givenUp: [string, unknown][] = [];
  const handlers: TaskHandlers = {
    run: (reference, { signal }) => run(reference, signal),
    giveUp: async (reference, error) => void givenUp.push([reference.key, error]),
  };
  const wait = async (delayMs: number) => delays.push(delayMs);
  const queue = new InProcessQueue({ handlers, tasksAtOnce: ofEachKind(2), wait, random: () => 0, ...more });
  return { queue, delays, givenUp };
}

describe('the in-process queue', () => {
  test('runs each task of any tree once, and blocks parents while there is no room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        async (children, width, bound) => {
          const ran: string[] = [];
          let waiting = 0;
          const { queue } = queueOf(
            async ({ kind, key }) => {
              ran.push(key);
              const depth = TASK_KINDS.indexOf(kind);
              const next = TASK_KINDS[depth + 1];
              if (!next) return;
              for (let n = 0; n < (children[depth] ?? 0); n++) {
                waiting++;
                await queue.add([task(next, `${key}/${n}`)]);
                waiting--;
              }
            },
            { tasksAtOnce: ofEachKind(width), bound },
          );
          await queue.add([task('source', 's')]);
          await queue.drain();
          let expected = 1;
          for (let level = 1, depth = 0; depth < TASK_KINDS.length - 1; depth++) {
            level *= children[depth] ?? 0;
            expected += level;
          }
          expect(new Set(ran).size).toBe(ran.length);
          expect(ran.length).toBe(expected);
          expect(waiting).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('limits how many tasks run and how many wait', async () => {
    let running = 0;
    let mostRunning = 0;
    let started = 0;
    let added = 0;
    let mostAhead = 0;
    const { queue } = queueOf(
      async () => {
        started++;
        mostRunning = Math.max(mostRunning, ++running);
        await new Promise(setImmediate);
        running--;
      },
      { tasksAtOnce: ofEachKind(3), bound: 5 },
    );
    for (let n = 0; n < 40; n++) {
      added++;
      await queue.add([task('manifests', `m${n}`)]);
      mostAhead = Math.max(mostAhead, added - started);
    }
    await queue.drain();
    expect(mostRunning).toBe(3);
    expect(mostAhead).toBeLessThanOrEqual(5);
  });

  test('tasks that wait for another attempt count towards the limit of waiting tasks', async () => {
    const delayed: (() => void)[] = [];
    const { queue, givenUp } = queueOf(() => Promise.reject(new RegistryUnavailableError('down')), {
      bound: 1,
      limits: { attempts: 2, firstDelayMs: 1 },
      wait: () => new Promise<void>((resolve) => void delayed.push(resolve)),
    });
    await queue.add([task('manifests', 'first')]);
    let hasRoom = false;
    const second = queue.add([task('manifests', 'second')]).then(() => {
      hasRoom = true;
    });
    await new Promise(setImmediate);
    expect({ hasRoom, delayed: delayed.length }).toEqual({ hasRoom: false, delayed: 2 });
    for (const goOn of delayed) goOn();
    await second;
    await queue.drain();
    expect(givenUp.map(([key]) => key)).toEqual(['first', 'second']);
  });

  test('whoever adds tasks of several kinds waits for room for each of them', async () => {
    const { queue } = queueOf((_, signal) => untilAborted(signal), { bound: 1, tasksAtOnce: ofEachKind(1) });
    const added = queue.add([task('layers', 'runs'), task('manifests', 'runs, too'), task('manifests', 'waits')]);
    const rejected = expect(added).rejects.toThrow('closed');
    await new Promise(setImmediate);
    await queue.close();
    await rejected;
  });

  test('a task that already waits is not added again', async () => {
    let runs = 0;
    const { queue } = queueOf(async () => void runs++, { tasksAtOnce: ofEachKind(1) });
    await queue.add([task('source', 'first'), task('source', 's'), task('source', 's')]);
    await queue.drain();
    expect(runs).toBe(2);
  });

  test('a task that is added while it runs is done once more: its row may have been settled before', async () => {
    const rows = new Set(['s']);
    let runs = 0;
    const { queue } = queueOf(async (reference) => {
      runs++;
      rows.delete('s');
      if (runs > 1) return;
      rows.add('s');
      await queue.add([reference, reference]);
    });
    await queue.add([task('source', 's')]);
    await queue.drain();
    expect([runs, [...rows]]).toEqual([2, []]);
  });

  test('the same key in two audits is two tasks', async () => {
    const audits: number[] = [];
    const { queue } = queueOf(async ({ auditId }) => void audits.push(auditId));
    await queue.add([task('source', 's', { auditId: 1 }), task('source', 's', { auditId: 2 })]);
    await queue.drain();
    expect(audits).toEqual([1, 2]);
  });

  test('tasks run in the order in which they were added', async () => {
    const ran: string[] = [];
    const { queue } = queueOf(async ({ key }) => void ran.push(key), { tasksAtOnce: ofEachKind(1) });
    await queue.add(['a', 'b', 'c'].map((key) => task('manifests', key)));
    await queue.drain();
    expect(ran).toEqual(['a', 'b', 'c']);
  });

  test('a temporary failure is tried again with growing delays, then given up', async () => {
    const outage = new RegistryUnavailableError('down');
    const { queue, delays, givenUp } = queueOf(() => Promise.reject(outage), {
      limits: { attempts: 4, firstDelayMs: 1_000 },
    });
    await queue.add([task('manifests', 'm')]);
    await queue.drain();
    expect(delays).toEqual([500, 1_000, 2_000]);
    expect(givenUp).toEqual([['m', outage]]);
  });

  test('a rate limit is waited out however often it comes, and never uses up an attempt', async () => {
    const answers: Error[] = Array(20).fill(new RateLimitedError('slow down', 7_000));
    answers.push(new RegistryUnavailableError('down'));
    const { queue, delays, givenUp } = queueOf(async () => {
      const failure = answers.shift();
      if (failure) throw failure;
    });
    await queue.add([task('manifests', 'm')]);
    await queue.drain();
    expect(delays).toEqual([...Array(20).fill(7_000), 2_500]);
    expect(givenUp).toEqual([]);
  });

  test('a permanent failure is given up at once', async () => {
    const { queue, delays, givenUp } = queueOf(() => Promise.reject(new NotFoundError('gone')));
    await queue.add([task('repository', 'r')]);
    await queue.drain();
    expect(delays).toEqual([]);
    expect(givenUp.map(([key]) => key)).toEqual(['r']);
  });

  test('a bug stops the queue: drain and add reject with it, and the task is not settled', async () => {
    const bug = new TypeError('undefined is not a function');
    const { queue, givenUp } = queueOf(() => Promise.reject(bug));
    await queue.add([task('source', 's')]);
    await expect(queue.drain()).rejects.toBe(bug);
    await expect(queue.add([task('source', 't')])).rejects.toBe(bug);
    expect(givenUp).toEqual([]);
  });

  test('a failing giveUp stops the queue', async () => {
    const bug = new Error('no such table');
    const { queue } = queueOf(() => Promise.reject(new NotFoundError('gone')), {
      handlers: { run: () => Promise.reject(new NotFoundError('gone')), giveUp: () => Promise.reject(bug) },
    });
    await queue.add([task('source', 's')]);
    await expect(queue.drain()).rejects.toBe(bug);
  });

  test('an abort reaches handlers and waiting callers of add; drain waits for running tasks', async () => {
    const stop = new AbortController();
    const ended: string[] = [];
    const { queue } = queueOf(
      async ({ key }, signal) => {
        await untilAborted(signal).catch(() => undefined);
        await new Promise(setImmediate);
        ended.push(key);
      },
      { signal: stop.signal, bound: 1, tasksAtOnce: ofEachKind(1) },
    );
    await queue.add([task('manifests', 'in-hand')]);
    await queue.add([task('layers', 'other-kind')]);
    const heldBack = queue.add([task('manifests', 'waiting'), task('manifests', 'waiting-2')]);
    const settled = Promise.allSettled([heldBack, queue.drain()]);
    stop.abort(new Error('interrupted'));
    for (const result of await settled) expect(result).toMatchObject({ status: 'rejected' });
    expect(ended.sort()).toEqual(['in-hand', 'other-kind']);
  });

  test('a task that fails because of the abort is not given up: the next audit does it', async () => {
    const stop = new AbortController();
    const { queue, givenUp } = queueOf(
      async (_, signal) => {
        await untilAborted(signal).catch(() => undefined);
        throw new NotFoundError('gone');
      },
      { signal: stop.signal },
    );
    await queue.add([task('manifests', 'm')]);
    stop.abort(new Error('interrupted'));
    await expect(queue.drain()).rejects.toThrow('interrupted');
    expect(givenUp).toEqual([]);
  });

  test('after close, a queue listens to its signal no more', async () => {
    const stop = new AbortController();
    const { queue } = queueOf(async () => undefined, { signal: stop.signal });
    await queue.add([task('source', 's')]);
    await queue.close();
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  test('after drain, a queue takes more tasks, and an abort still ends it', async () => {
    const stop = new AbortController();
    const done: string[] = [];
    const run = async ({ kind }: TaskReference) => void done.push(kind);
    const { queue } = queueOf(run, { signal: stop.signal });
    for (const kind of ['source', 'close'] as const) {
      await queue.add([task(kind, kind)]);
      await queue.drain();
    }
    stop.abort(new Error('interrupted'));
    await expect(queue.add([task('deliver', 'd')])).rejects.toThrow('interrupted');
    expect(done).toEqual(['source', 'close']);
  });

  test('an abort ends add and drain, also where all tasks only wait for another attempt', async () => {
    const stop = new AbortController();
    let delay = (): void => undefined;
    const delayed = new Promise<void>((resolve) => {
      delay = resolve;
    });
    const { queue } = queueOf(() => Promise.reject(new RegistryUnavailableError('down')), {
      signal: stop.signal,
      bound: 1,
      wait: (_, signal) => {
        delay();
        return untilAborted(signal);
      },
    });
    await queue.add([task('repository', 'later')]);
    await delayed;
    const settled = Promise.allSettled([queue.add([task('repository', 'later')]), queue.drain()]);
    const reason = new Error('interrupted');
    stop.abort(reason);
    expect(await settled).toEqual(Array(2).fill({ status: 'rejected', reason }));
  });

  test('close waits until what runs has ended', async () => {
    const order: string[] = [];
    let end = (): void => undefined;
    const { queue } = queueOf(
      () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    );
    await queue.add([task('source', 's')]);
    const closed = queue.close().then(() => order.push('closed'));
    await new Promise(setImmediate);
    order.push('ended');
    end();
    await closed;
    expect(order).toEqual(['ended', 'closed']);
  });

  test('a task may send as many requests at the same time as it likes, without a warning of Node.js', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const { queue } = queueOf(async (_, signal) => {
      for (let request = 0; request < 50; request++) signal.addEventListener('abort', () => undefined);
    });
    await queue.add([task('source', 's')]);
    await queue.drain();
    expect(warned).not.toHaveBeenCalled();
  });

  test('a queue with an aborted signal accepts no task', async () => {
    const { queue } = queueOf(async () => undefined, { signal: AbortSignal.abort(new Error('interrupted')) });
    await expect(queue.add([task('source', 's')])).rejects.toThrow('interrupted');
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
