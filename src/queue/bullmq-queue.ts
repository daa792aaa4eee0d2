import { setTimeout as sleep } from 'node:timers/promises';
import { type JobsOptions, Queue, type Telemetry } from 'bullmq';
import type { Redis } from 'ioredis';
import { chunksOf } from '../common/chunks-of.ts';
import { groupBy } from '../common/group-by.ts';
import { QueueUnavailableError } from '../errors.ts';
import { type AttemptLimits, DEFAULT_ATTEMPTS } from './attempts.ts';
import { jobId, queueName } from './job-id.ts';
import {
  type AddOptions,
  LANES,
  type Lane,
  TASK_KINDS,
  type TaskKind,
  type TaskQueue,
  type TaskReference,
} from './queue.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

export interface BullmqQueueOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  /** How many tasks of one kind and lane may wait in Redis before `add` waits; default 1,000. */
  readonly bound?: number;
  /** How long `add` waits before it looks again whether there is room (ms). */
  readonly pollMs?: number;
  readonly limits?: AttemptLimits;
  readonly telemetry?: Telemetry | undefined;
  readonly onError: (error: Error) => void;
}

const DEFAULTS = { prefix: DEFAULT_PREFIX, bound: 1_000, pollMs: 250, limits: DEFAULT_ATTEMPTS };
type Resolved = BullmqQueueOptions & typeof DEFAULTS;

/** The number of tasks of one kind and lane in Redis, by state. */
export interface QueueDepth {
  readonly kind: TaskKind;
  readonly lane: Lane;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

/** Jobs in one command. Each has a few hundred bytes. */
const CHUNK = 200;
/**
 * A task whose registry does not answer is delayed, and lets others go first, perhaps of a registry that does.
 * Therefore more tasks may be delayed than waiting: this many times the bound.
 */
const DELAYED_PER_WAITING = 5;

interface OpenQueue {
  readonly kind: TaskKind;
  readonly lane: Lane;
  readonly queue: Queue<TaskReference>;
}

/** A queue in Redis, for workers anywhere. Its size is bounded, whatever the size of a registry. */
export class BullmqQueue implements TaskQueue {
  readonly #options: Resolved;
  readonly #queues: ReadonlyMap<string, OpenQueue>;

  constructor(options: BullmqQueueOptions) {
    const resolved = { ...DEFAULTS, ...options };
    this.#options = resolved;
    const queues = TASK_KINDS.flatMap((kind) =>
      LANES.map((lane) => ({ kind, lane, queue: open(kind, lane, resolved) })),
    );
    this.#queues = new Map(queues.map((entry) => [entry.queue.name, entry]));
  }

  /** For a dashboard. */
  get queues(): readonly Queue<TaskReference>[] {
    return [...this.#queues.values()].map(({ queue }) => queue);
  }

  async add(tasks: readonly TaskReference[], { signal }: AddOptions = {}): Promise<void> {
    for (const [name, group] of groupBy(tasks, queueOf)) {
      const queue = this.#queue(name);
      for (const chunk of chunksOf(group, CHUNK)) {
        await push(queue, chunk);
        await this.#untilRoom(queue, signal);
      }
    }
  }

  async depths(): Promise<readonly QueueDepth[]> {
    return Promise.all(
      [...this.#queues.values()].map(async ({ kind, lane, queue }) => {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed');
        return { kind, lane, waiting: counts.waiting ?? 0, active: counts.active ?? 0, delayed: counts.delayed ?? 0 };
      }),
    );
  }

  /**
   * Queues tasks that are in the table and not in Redis, as far as there is room: Redis lost its data, or a process
   * ended between writing the table and queueing.
   * @param pages the unsettled tasks of all running audits
   * @param options.signal ends the search between two pages
   * @returns how many tasks were queued
   */
  async requeueLost(pages: AsyncIterable<readonly TaskReference[]>, { signal }: AddOptions = {}): Promise<number> {
    let requeued = 0;
    for await (const page of pages) {
      signal?.throwIfAborted();
      for (const [name, group] of groupBy(page, queueOf)) {
        const queue = this.#queue(name);
        for (const chunk of chunksOf(group, CHUNK)) requeued += await this.#requeueAbsent(queue, chunk);
      }
    }
    return requeued;
  }

  /**
   * Whether any worker is connected; also true if Redis does not say who is connected, as some hosted services do not.
   */
  async hasWorkers(): Promise<boolean> {
    // Every worker serves all kinds and lanes, so one queue answers for all.
    const [queue] = this.queues;
    return queue !== undefined && (await queue.getWorkersCount()) > 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  #queue(name: string): Queue<TaskReference> {
    const entry = this.#queues.get(name);
    if (!entry) throw new Error(`there is no queue ${name}`);
    return entry.queue;
  }

  async #requeueAbsent(queue: Queue<TaskReference>, tasks: readonly TaskReference[]): Promise<number> {
    if (await this.#isFull(queue)) return 0;
    const keys = tasks.map((task) => queue.toKey(jobId(task)));
    const pipeline = this.#options.redis.pipeline();
    for (const key of keys) pipeline.exists(key);
    const answers = (await pipeline.exec()) ?? [];
    const absent = tasks.filter((_, index) => answers[index]?.[1] === 0);
    await push(queue, absent);
    return absent.length;
  }

  async #untilRoom(queue: Queue<TaskReference>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    while (await this.#isFull(queue)) await sleep(this.#options.pollMs * (0.5 + Math.random()), undefined, { signal });
  }

  async #isFull(queue: Queue<TaskReference>): Promise<boolean> {
    const { waiting = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'delayed');
    const { bound } = this.#options;
    return waiting >= bound || delayed >= bound * DELAYED_PER_WAITING;
  }
}

function open(kind: TaskKind, lane: Lane, options: Resolved): Queue<TaskReference> {
  const queue = new Queue<TaskReference>(queueName(kind, lane), {
    connection: options.redis,
    prefix: options.prefix,
    defaultJobOptions: jobOptions(options.limits),
    // Nobody reads the events of single jobs. The default, 10,000, would be most of the data in Redis.
    streams: { events: { maxLen: 100 } },
    ...(options.telemetry && { telemetry: options.telemetry }),
  });
  return queue.on('error', options.onError);
}

function jobOptions(limits: AttemptLimits): JobsOptions {
  return {
    attempts: limits.attempts,
    // The workers' `backoffStrategy` computes the delay.
    backoff: { type: 'custom' },
    removeOnComplete: true,
    removeOnFail: true,
    stackTraceLimit: 1,
  };
}

/**
 * Adds jobs; BullMQ ignores those whose id is waiting or running already.
 * @throws QueueUnavailableError when Redis refuses them, as when its memory is full
 */
async function push(queue: Queue<TaskReference>, tasks: readonly TaskReference[]): Promise<void> {
  if (tasks.length === 0) return;
  const jobs = tasks.map((task) => ({ name: task.kind, data: onlyReference(task), opts: { jobId: jobId(task) } }));
  await queue.addBulk(jobs).catch((cause: Error) => {
    throw new QueueUnavailableError(
      `Redis accepts no tasks (${cause.message}): they are in the database, and workers queue them when it does`,
      { cause },
    );
  });
}

/** Only the fields of a reference: others of a caller's object must not get into Redis. */
function onlyReference({ auditId, kind, key, lane }: TaskReference): TaskReference {
  return { auditId, kind, key, lane };
}

function queueOf({ kind, lane }: TaskReference): string {
  return queueName(kind, lane);
}
