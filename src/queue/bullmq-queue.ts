import { setTimeout as sleep } from 'node:timers/promises';
import { type JobsOptions, Queue, type Telemetry } from 'bullmq';
import type { Redis } from 'ioredis';
import { type AttemptLimits, DEFAULT_ATTEMPTS } from './attempts.ts';
import { jobId, queueName } from './job-id.ts';
import { LANES, type Lane, TASK_KINDS, type TaskKind, type TaskQueue, type TaskReference } from './queue.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

export interface BullmqQueueOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  /** How many tasks of one kind and lane may wait in Redis before `add` waits; default 1,000. */
  readonly bound?: number;
  /** How long `add` waits before it looks again whether there is room (ms). */
  readonly pollMs?: number;
  readonly limits?: AttemptLimits;
  readonly telemetry?: Telemetry;
  readonly onError: (error: Error) => void;
}

export interface QueueDepth {
  readonly kind: TaskKind;
  readonly lane: Lane;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

export interface BullmqQueue extends TaskQueue {
  /** One for each kind and lane. */
  depths(): Promise<readonly QueueDepth[]>;
  /**
   * Queues what the table holds and Redis does not, as far as there is room: Redis lost its data, or a process ended
   * between the table and the queue.
   * @param pages the tasks of all audits under way that are not settled
   * @param options.signal ends it between two pages
   * @returns how many tasks were queued
   */
  requeueLost(
    pages: AsyncIterable<readonly TaskReference[]>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<number>;
  /** Whether a worker is there to take tasks; true, too, where Redis does not tell who is connected (some services). */
  hasWorkers(): Promise<boolean>;
  /** For a dashboard. */
  readonly queues: readonly Queue<TaskReference>[];
  close(): Promise<void>;
}

/** Puts tasks into Redis, for workers anywhere. It never holds more than its bounds, whatever a registry's size. */
export function createBullmqQueue(options: BullmqQueueOptions): BullmqQueue {
  return new PacedQueue(options);
}

/** Jobs in one command: a few hundred bytes each. */
const CHUNK = 200;
/**
 * A task that waits for its registry is put off, and its place in the queue goes to another, perhaps of a registry that
 * answers. So more may be put off than may wait; at this many the bound holds for them, too.
 */
const DELAYED_PER_WAITING = 5;

interface OpenQueue {
  readonly kind: TaskKind;
  readonly lane: Lane;
  readonly queue: Queue<TaskReference>;
}

class PacedQueue implements BullmqQueue {
  readonly #redis: Redis;
  readonly #queues: ReadonlyMap<string, OpenQueue>;
  readonly #bound: number;
  readonly #pollMs: number;

  constructor(options: BullmqQueueOptions) {
    this.#redis = options.redis;
    this.#bound = options.bound ?? 1_000;
    this.#pollMs = options.pollMs ?? 250;
    const queues = TASK_KINDS.flatMap((kind) =>
      LANES.map((lane) => ({ kind, lane, queue: open(kind, lane, options) })),
    );
    this.#queues = new Map(queues.map((entry) => [entry.queue.name, entry]));
  }

  get queues(): readonly Queue<TaskReference>[] {
    return [...this.#queues.values()].map(({ queue }) => queue);
  }

  async add(tasks: readonly TaskReference[], options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    for (const [name, ofQueue] of byQueue(tasks)) {
      const queue = this.#queue(name);
      for (const chunk of chunksOf(ofQueue, CHUNK)) {
        await push(queue, chunk);
        await this.#untilRoom(queue, options.signal);
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

  async requeueLost(
    pages: AsyncIterable<readonly TaskReference[]>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    let requeued = 0;
    for await (const page of pages) {
      signal?.throwIfAborted();
      for (const [name, ofQueue] of byQueue(page)) {
        const queue = this.#queue(name);
        for (const chunk of chunksOf(ofQueue, CHUNK)) requeued += await this.#requeueAbsent(queue, chunk);
      }
    }
    return requeued;
  }

  async hasWorkers(): Promise<boolean> {
    // Each worker serves every kind and lane.
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
    const pipeline = this.#redis.pipeline();
    for (const key of keys) pipeline.exists(key);
    const answers = (await pipeline.exec()) ?? [];
    const absent = tasks.filter((_, index) => answers[index]?.[1] === 0);
    await push(queue, absent);
    return absent.length;
  }

  async #untilRoom(queue: Queue<TaskReference>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    while (await this.#isFull(queue)) await sleep(this.#pollMs * (0.5 + Math.random()), undefined, { signal });
  }

  async #isFull(queue: Queue<TaskReference>): Promise<boolean> {
    const { waiting = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'delayed');
    return waiting >= this.#bound || delayed >= this.#bound * DELAYED_PER_WAITING;
  }
}

function open(kind: TaskKind, lane: Lane, options: BullmqQueueOptions): Queue<TaskReference> {
  const queue = new Queue<TaskReference>(queueName(kind, lane), {
    connection: options.redis,
    prefix: options.prefix ?? DEFAULT_PREFIX,
    defaultJobOptions: jobOptions(options.limits ?? DEFAULT_ATTEMPTS),
    // Nobody reads the events of single jobs: 10,000 of them, the default, would be most of what Redis holds.
    streams: { events: { maxLen: 100 } },
    ...(options.telemetry && { telemetry: options.telemetry }),
  });
  return queue.on('error', options.onError);
}

function jobOptions(limits: AttemptLimits): JobsOptions {
  return {
    attempts: limits.attempts,
    // The workers' backoffStrategy.
    backoff: { type: 'custom' },
    removeOnComplete: true,
    removeOnFail: true,
    stackTraceLimit: 1,
  };
}

/** A job with an id that is there already, waiting or in hand, is not added again. */
async function push(queue: Queue<TaskReference>, tasks: readonly TaskReference[]): Promise<void> {
  if (tasks.length === 0) return;
  await queue.addBulk(
    tasks.map((task) => ({ name: task.kind, data: onlyReference(task), opts: { jobId: jobId(task) } })),
  );
}

/** Whatever else a caller's object carries stays out of Redis. */
function onlyReference({ auditId, kind, key, lane }: TaskReference): TaskReference {
  return { auditId, kind, key, lane };
}

function byQueue(tasks: readonly TaskReference[]): ReadonlyMap<string, readonly TaskReference[]> {
  const groups = new Map<string, TaskReference[]>();
  for (const task of tasks) {
    const name = queueName(task.kind, task.lane);
    const group = groups.get(name);
    if (group) group.push(task);
    else groups.set(name, [task]);
  }
  return groups;
}

function* chunksOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
