import { Queue } from 'bullmq';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { untilAborted } from '../../../src/common/until-aborted.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import type { AuditStarter } from '../../../src/schedule/audit-starter.ts';
import type { ScheduledSource } from '../../../src/schedule/schedule-changes.ts';
import { type SchedulerOptions, startScheduler } from '../../../src/schedule/scheduler.ts';
import { latestSlot } from '../../../src/schedule/slots.ts';
import { type WaitOptions, waitForAudits } from '../../../src/schedule/wait-for-audits.ts';
import { type MemoryAudit, MemoryAudits } from '../../support/audit-starter.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { eventually } from '../../support/eventually.ts';
import { newPrefix, noErrors, useRedis } from '../../support/use-redis.ts';

const redis = useRedis();
afterEach(() => void vi.useRealTimers());

const nightly = (name: string, more: Partial<ScheduledSource> = {}): ScheduledSource => ({
  name,
  pattern: '0 2 * * *',
  timezone: 'Europe/Berlin',
  ...more,
});
/** A night of ten days ago. */
function longAgo(source: string): MemoryAudit {
  const at = new Date(Date.now() - 10 * 86_400_000);
  return { source, lane: 'nightly', slot: at.getTime(), finishedAt: at, status: 'finished' };
}
const everySecond = (name: string): ScheduledSource => ({ name, pattern: '* * * * * *', timezone: 'UTC' });

/** Schedulers that share an installation: one key space, one database, one list of sources that may change. */
function installation(sources: readonly ScheduledSource[]) {
  const prefix = newPrefix();
  const audits = new MemoryAudits();
  const settings = { sources };
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const queue = new Queue('schedule', { connection: redis(), prefix });
  closedAfterTest(queue);
  const start = async (more: Partial<SchedulerOptions> = {}) => {
    const scheduler = await startScheduler({
      redis: redis(),
      prefix,
      sources: async () => settings.sources,
      starter: audits,
      events: { onError: noErrors(), onDue: changed, onSynced: changed },
      syncEveryMs: 20,
      ...more,
    });
    return closedAfterTest(scheduler);
  };
  const until = (holds: () => boolean | Promise<boolean>) =>
    new Promise<void>((resolve) => {
      const watcher = async () => {
        if (!(await holds())) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      void watcher();
    });
  const stored = async () =>
    (await queue.getJobSchedulers()).map(({ key, pattern, tz }) => `${key} ${pattern} ${tz}`).sort();
  return { audits, queue, settings, start, until, stored };
}

describe('the scheduler', () => {
  test('keeps Redis synchronized with the settings: added, changed, removed', async () => {
    const here = installation([nightly('prod'), nightly('a:b')]);
    const synced: unknown[] = [];
    await here.start({
      events: {
        onError: noErrors(),
        onSynced: ({ upsert, remove }, scheduled) =>
          synced.push({ wrote: upsert.map(({ name }) => name), removed: remove, scheduled }),
      },
    });
    expect(await here.stored()).toEqual(['a%3Ab 0 2 * * * Europe/Berlin', 'prod 0 2 * * * Europe/Berlin']);
    // For five minutes the database may be away.
    const retries = {
      attempts: 10,
      backoff: { type: 'fixed', delay: 30_000 },
      removeOnComplete: true,
      removeOnFail: true,
    };
    for (const job of await here.queue.getDelayed()) expect(job.opts).toMatchObject(retries);

    const expected = ['harbor 0 2 * * * Europe/Berlin', 'prod 30 4 * * 1 UTC'];
    here.settings.sources = [nightly('prod', { pattern: '30 4 * * 1', timezone: 'UTC' }), nightly('harbor')];
    await eventually(() => expect(synced).toHaveLength(2));
    expect(await here.stored()).toEqual(expected);
    here.settings.sources = [nightly('harbor')];
    await eventually(() => expect(synced).toHaveLength(3));
    expect(synced).toEqual([
      { wrote: ['prod', 'a:b'], removed: [], scheduled: 2 },
      { wrote: ['prod', 'harbor'], removed: ['a%3Ab'], scheduled: 2 },
      { wrote: [], removed: ['prod'], scheduled: 1 },
    ]);
    expect(here.audits.calls).toEqual([]);
  });

  test('what it has synchronized is told at the start, even if nothing is to change', async () => {
    const here = installation([]);
    const synced: unknown[] = [];
    await here.start({ events: { onError: noErrors(), onSynced: (...told) => synced.push(told) } });
    expect(synced).toEqual([[{ upsert: [], remove: [] }, 0]]);
  });

  test('several schedulers start each slot once', async () => {
    const here = installation([everySecond('prod'), everySecond('harbor')]);
    await Promise.all([here.start(), here.start(), here.start()]);
    await here.until(() => here.audits.audits.length >= 4);
    const slots = here.audits.calls.map(({ source, slot }) => `${source} ${slot}`);
    expect(new Set(slots).size).toBe(slots.length);
    for (const slot of slots) expect(slot).toMatch(/:\d\d\.000Z$/);
    expect(new Set(here.audits.queued.map(({ lane }) => lane))).toEqual(new Set(['nightly']));
    expect(here.audits.queued.length).toBe(here.audits.audits.length);
  });

  test('a running audit is not overlapped by another', async () => {
    const here = installation([everySecond('prod')]);
    here.audits.endAtOnce = false;
    await here.start();
    await here.until(() => here.audits.calls.length >= 2);
    expect(here.audits.calls.map(({ outcome }) => outcome)).toEqual(['started', 'running']);
    expect(here.audits.queued).toHaveLength(1);
  });

  test('a night that was missed is caught up once, by one of several schedulers', async () => {
    const here = installation([nightly('prod')]);
    here.audits.audits.push(longAgo('prod'));
    await Promise.all([here.start(), here.start(), here.start()]);
    expect(here.audits.queued).toHaveLength(1);
    expect(here.audits.audits).toHaveLength(2);
  });

  test('a slot waits for the end of an audit outside the schedule, and that is reported once', async () => {
    const here = installation([nightly('prod')]);
    here.audits.audits.push(longAgo('prod'));
    here.audits.endAtOnce = false;
    await here.audits.startAudit('prod', 'adhoc');
    const adhoc = here.audits.audits[1];
    const outcomes: string[] = [];
    let passes = 0;
    const due = new Promise<void>((resolve) => {
      void here.start({
        sources: async () => {
          if (++passes === 5 && adhoc) adhoc.status = 'finished';
          return here.settings.sources;
        },
        events: {
          onError: noErrors(),
          onDue(_source, _slot, { kind, auditId }) {
            outcomes.push(`${kind} ${auditId}`);
            if (kind === 'started') resolve();
          },
        },
      });
    });
    await due;
    expect(outcomes).toEqual(['waits 2', 'started 3']);
    expect(here.audits.calls.filter(({ outcome }) => outcome === 'running').length).toBeGreaterThan(1);
  });

  test('schedules that Redis lost are restored', async () => {
    const here = installation([nightly('prod')]);
    await here.start();
    await redis().flushall();
    await here.until(async () => (await here.stored()).length === 1);
    expect(here.audits.calls).toEqual([]);
  });

  test('a job that was made while a clock was ahead is replaced', async () => {
    const here = installation([nightly('prod')]);
    const inAYear = new Date(Date.now() + 365 * 86_400_000);
    await here.queue.upsertJobScheduler('prod', { pattern: '0 2 * * *', tz: 'Europe/Berlin', startDate: inAYear });
    await here.start();
    const [job, ...others] = await here.queue.getDelayed();
    expect(job?.delay).toBeLessThan(2 * 86_400_000);
    expect(others).toEqual([]);
  });

  test('a source that left the settings is not audited, though its job came due', async () => {
    const here = installation([everySecond('gone'), everySecond('here')]);
    const errors: unknown[] = [];
    await here.start({
      syncEveryMs: 3_600_000,
      events: {
        onError: (error) => errors.push(error),
      },
    });
    here.settings.sources = [everySecond('here')];
    await eventually(() => expect(here.audits.audits.length).toBeGreaterThanOrEqual(2));
    expect(errors).toEqual([]);
    expect(new Set(here.audits.calls.map(({ source }) => source))).toEqual(new Set(['here']));
  });

  test('a job that lay in Redis for days stands for the latest slot', async () => {
    const here = installation([nightly('prod')]);
    await here.queue.add('audit', { source: 'prod' }, { timestamp: Date.now() - 10 * 86_400_000 });
    await here.start();
    await here.until(() => here.audits.calls.length > 0);
    const due = latestSlot(nightly('prod'), new Date());
    expect(here.audits.calls).toMatchObject([{ source: 'prod', slot: due.toISOString() }]);
  });

  test('a source whose next slot cannot be told keeps no other one from what it missed', async () => {
    // A day before Lord Howe Island puts its clocks back by half an hour, cron-parser gives up.
    vi.useFakeTimers({ now: Date.parse('2026-04-04T09:00:00Z'), toFake: ['Date'] });
    const here = installation([nightly('island', { timezone: 'Australia/Lord_Howe' }), nightly('prod')]);
    here.audits.audits.push(longAgo('island'), longAgo('prod'));
    await here.start();
    expect(here.audits.calls).toEqual([
      { source: 'island', slot: '2026-04-03T15:00:00.000Z', outcome: 'started' },
      { source: 'prod', slot: '2026-04-04T00:00:00.000Z', outcome: 'started' },
    ]);
    expect(await here.stored()).toEqual(['prod 0 2 * * * Europe/Berlin']);
  });

  test('closing ends the wait for room in the queue', async () => {
    const here = installation([everySecond('prod')]);
    const errors: unknown[] = [];
    const scheduler = await new Promise<{ close(): Promise<void> }>((resolve) => {
      const startAudit: AuditStarter['startAudit'] = async (_source, _lane, { signal } = {}) => {
        resolve(started);
        await untilAborted(signal ?? new AbortController().signal);
        throw signal?.reason;
      };
      const starter: AuditStarter = Object.assign(Object.create(here.audits), { startAudit });
      const started = here.start({ starter, events: { onError: (error) => errors.push(error) } });
    });
    await scheduler.close();
    expect(errors).toMatchObject([{ name: 'AbortError' }]);
  });

  test('settings that cannot be read fail at the start', async () => {
    const here = installation([]);
    await expect(here.start({ sources: () => Promise.reject(new Error('line 3: no such key')) })).rejects.toThrow(
      'line 3',
    );
  });
});

test('an audit that cannot be started is reported', async () => {
  const here = installation([everySecond('prod')]);
  const startAudit = () => Promise.reject(new StoreUnavailableError('away'));
  const starter: AuditStarter = Object.assign(Object.create(here.audits), { startAudit });
  const reported = new Promise((resolve) => void here.start({ starter, events: { onError: resolve } }));
  expect(await reported).toMatchObject({ code: 'store-unavailable' });
});

test('settings that cannot be read any more are reported, and nothing changes until they can', async () => {
  const here = installation([nightly('prod')]);
  const errors: unknown[] = [];
  let passes = 0;
  const mended = new Promise<void>((resolve) => {
    void here.start({
      sources: async () => {
        if (++passes === 4) resolve();
        if (passes === 2) throw new Error('line 3: no such key');
        return here.settings.sources;
      },
      events: { onError: (error) => errors.push(error) },
    });
  });
  await mended;
  expect(errors).toEqual([new Error('line 3: no such key')]);
  expect(await here.stored()).toEqual(['prod 0 2 * * * Europe/Berlin']);
});

describe('an audit at once', () => {
  async function waitFor(
    started: Record<string, number>,
    options: Pick<WaitOptions, 'starter'> & Partial<WaitOptions>,
  ) {
    const start = () => Promise.reject(new Error('started again'));
    return [...(await waitForAudits(new Map(Object.entries(started)), { start, pollMs: 1, ...options }))];
  }

  test('is waited for', async () => {
    const audits = new MemoryAudits();
    audits.endAtOnce = false;
    for (const source of ['prod', 'harbor']) await audits.startAudit(source, 'adhoc');
    const waited = waitFor({ harbor: 2 }, { starter: audits });
    const second = audits.audits[1];
    if (second) second.status = 'incomplete';
    expect(await waited).toEqual([[2, 'incomplete']]);
  });

  test('is waited for though that of another source has ended', async () => {
    const audits = new MemoryAudits();
    audits.endAtOnce = false;
    for (const source of ['prod', 'harbor']) await audits.startAudit(source, 'adhoc');
    const [ended, other] = audits.audits;
    if (ended) ended.status = 'finished';
    let looks = 0;
    const starter: AuditStarter = Object.assign(Object.create(audits), {
      async auditStatus(auditId: number) {
        if (auditId === 2 && ++looks === 2 && other) other.status = 'incomplete';
        return audits.auditStatus(auditId);
      },
    });
    expect(await waitFor({ prod: 1, harbor: 2 }, { starter })).toEqual([
      [1, 'finished'],
      [2, 'incomplete'],
    ]);
  });

  test('is started again for each of its sources if its process is killed while it is waited for', async () => {
    const audits = new MemoryAudits();
    await audits.startAudit('all', 'adhoc');
    const [killed] = audits.audits;
    if (killed) killed.status = 'abandoned';
    const start = async (source: string) => {
      // Starting an audit of one of its sources ends an abandoned audit of several.
      if (killed) killed.status = 'failed';
      return (await audits.startAudit(source, 'adhoc')).auditId;
    };
    expect(await waitFor({ prod: 1, harbor: 1 }, { starter: audits, start })).toEqual([
      [2, 'finished'],
      [3, 'finished'],
    ]);
  });

  test('an unavailable database is waited for, too; any other failure is thrown', async () => {
    const failures: unknown[] = [new StoreUnavailableError('away'), new StoreUnavailableError('still away')];
    const audits = new MemoryAudits();
    await audits.startAudit('prod', 'adhoc');
    const starter: AuditStarter = Object.assign(Object.create(audits), {
      async auditStatus(auditId: number) {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return audits.auditStatus(auditId);
      },
    });
    expect(await waitFor({ prod: 1 }, { starter })).toEqual([[1, 'finished']]);
    expect(failures).toEqual([]);
    failures.push(new TypeError('x is undefined'));
    await expect(waitFor({ prod: 1 }, { starter })).rejects.toThrow(TypeError);
  });

  test('waiting ends when it is told to', async () => {
    const audits = new MemoryAudits();
    audits.endAtOnce = false;
    await audits.startAudit('prod', 'adhoc');
    const waiting = waitFor({ prod: 1 }, { starter: audits, signal: AbortSignal.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
