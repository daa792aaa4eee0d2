import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Queue, type Telemetry, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { DEFAULT_PREFIX } from '../queue/redis-connection.ts';
import type { AuditStarter, StartOutcome } from './audit-starter.ts';
import { type ScheduleChanges, type ScheduledSource, scheduleChanges, schedulerId } from './schedule-changes.ts';
import { isUnserved, missedSlot, slotOf } from './slots.ts';

/** Callbacks for what the scheduler does, used for the log. */
export interface SchedulerEvents {
  /** Called at the start, and when the settings have changed. `scheduled`: how many sources have a schedule. */
  onSynced?(changes: ScheduleChanges, scheduled: number): void;
  onDue?(source: string, slot: Date, outcome: DueOutcome): void;
  onError(error: unknown): void;
}

/**
 * `waits`: an audit outside the schedule is running, and the slot's own audit starts when that has ended. It is
 * reported once for each slot.
 */
export type DueOutcome = StartOutcome | { readonly kind: 'waits'; readonly auditId: number };

/** What the scheduler works with. */
export interface SchedulerOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  /** Returns the sources that have a schedule; called on every pass, so that changed settings take effect. */
  readonly sources: () => Promise<readonly ScheduledSource[]>;
  readonly starter: AuditStarter;
  readonly events: SchedulerEvents;
  /** How often Redis and the database are synchronized with the settings (ms); default a minute. */
  readonly syncEveryMs?: number;
  readonly telemetry?: Telemetry | undefined;
}

/**
 * Keeps one BullMQ job scheduler for each source, and starts an audit when its job comes due. Any number of processes
 * may run with the same settings: each job goes to one of them, and the database starts each slot only once.
 * @throws when Redis, the settings or the database fail during the first pass
 */
export async function startScheduler(options: SchedulerOptions): Promise<{ close(): Promise<void> }> {
  const schedules = new Schedules(options);
  try {
    await schedules.sync(true);
  } catch (error) {
    await schedules.close();
    throw error;
  }
  schedules.run();
  return schedules;
}

const QUEUE = 'schedule';
/** Retries for about five minutes while the database is unavailable; after that, a later pass catches up. */
const START_ATTEMPTS = { attempts: 10, backoff: { type: 'fixed', delay: 30_000 } } as const;

interface DueAudit {
  readonly source: string;
}

class Schedules {
  readonly #options: SchedulerOptions;
  readonly #queue: Queue<DueAudit>;
  readonly #stop = new AbortController();
  /** For each source, the slot that was last reported as waiting (ms since the epoch). */
  readonly #waiting = new Map<string, number>();
  #worker: Worker<DueAudit> | undefined;
  #passes: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#queue = new Queue<DueAudit>(QUEUE, this.#connection());
    this.#queue.on('error', options.events.onError);
  }

  run(): void {
    const { events } = this.#options;
    this.#worker = new Worker<DueAudit>(QUEUE, (job) => this.#startDue(job), { ...this.#connection(), concurrency: 4 });
    this.#worker.on('error', events.onError);
    this.#worker.on('failed', (_job, error) => events.onError(error));
    this.#passes = this.#repeat();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#worker?.close();
    await this.#passes;
    await this.#queue.close();
  }

  /** Makes the schedulers in Redis match the settings, and starts audits that were missed. */
  async sync(isFirst = false): Promise<void> {
    const sources = await this.#options.sources();
    const stored = await this.#queue.getJobSchedulers();
    const changes = scheduleChanges(
      sources,
      stored.map(({ key, pattern, tz, next }) => ({ id: key, pattern, timezone: tz, nextMs: next })),
      Date.now(),
    );
    for (const source of changes.upsert) await this.#upsert(source);
    for (const id of changes.remove) await this.#queue.removeJobScheduler(id);
    if (isFirst || changes.upsert.length + changes.remove.length > 0)
      this.#options.events.onSynced?.(changes, sources.length);
    for (const source of sources) await this.#catchUp(source);
  }

  async #upsert({ name, pattern, timezone }: ScheduledSource): Promise<void> {
    const opts = { ...START_ATTEMPTS, removeOnComplete: true, removeOnFail: true };
    await this.#queue.upsertJobScheduler(
      schedulerId(name),
      { pattern, tz: timezone },
      { name: 'audit', data: { source: name }, opts },
    );
  }

  async #catchUp(source: ScheduledSource): Promise<void> {
    const last = await this.#options.starter.lastAudit(source.name);
    const slot = missedSlot(source, last, new Date());
    if (slot) await this.#start(source.name, slot);
  }

  async #startDue(job: Job<DueAudit>): Promise<void> {
    const source = (await this.#options.sources()).find(({ name }) => name === job.data.source);
    // The source was removed from the settings; the next pass removes its scheduler.
    if (!source) return;
    const dueAt = new Date(job.opts.prevMillis ?? job.timestamp + job.delay);
    await this.#start(source.name, slotOf(source, dueAt, new Date()));
  }

  async #start(source: string, slot: Date): Promise<void> {
    const { starter, events } = this.#options;
    const outcome = await starter.startAudit(source, 'nightly', { slot, signal: this.#stop.signal });
    const waits = outcome.kind === 'running' && isUnserved(slot, await starter.lastAudit(source));
    if (!waits) return events.onDue?.(source, slot, outcome);
    if (this.#waiting.get(source) === slot.getTime()) return;
    this.#waiting.set(source, slot.getTime());
    events.onDue?.(source, slot, { kind: 'waits', auditId: outcome.auditId });
  }

  async #repeat(): Promise<void> {
    const everyMs = this.#options.syncEveryMs ?? 60_000;
    for (;;) {
      await sleep(everyMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      await this.sync().catch(this.#options.events.onError);
    }
  }

  #connection() {
    const { redis, prefix = DEFAULT_PREFIX, telemetry } = this.#options;
    return {
      connection: redis,
      prefix,
      streams: { events: { maxLen: 100 } },
      ...(telemetry && { telemetry }),
    };
  }
}
