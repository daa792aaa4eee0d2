import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, type Telemetry, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { SlimboardError } from '../errors.ts';
import { type AttemptLimits, backoffMs, DEFAULT_ATTEMPTS, decideAfterFailure } from './attempts.ts';
import { queueName } from './job-id.ts';
import { LANES, type Lane, TASK_KINDS, type TaskHandlers, type TaskKind, type TaskReference } from './queue.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

/** How an attempt ended. `given-back`: the task went back to its queue, because the worker stops. */
export type AttemptOutcome = 'done' | 'retried' | 'rate-limited' | 'given-up' | 'given-back';

/** What happens to tasks, for logs and metrics. */
export interface WorkerEvents {
  /** Called after each attempt, with the error of one that failed. */
  onAttempt?(task: TaskReference, outcome: AttemptOutcome, details: { durationMs: number; error?: unknown }): void;
  /** Called when a task went back to its queue because its worker died, or was silent for too long. */
  onStalled?(jobId: string): void;
  /**
   * Called when a running task is no longer this worker's: it was silent for so long that another one took the task, or
   * Redis lost it. For logs: whatever either does with it is safe.
   */
  onTaskLost?(error: Error): void;
  /** Called when Redis is away. For logs: BullMQ recovers by itself. */
  onError(error: Error): void;
}

export interface TaskWorkersOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  readonly handlers: TaskHandlers;
  /** How many tasks of each kind this process runs at once, in each lane. */
  readonly tasksAtOnce: Readonly<Record<TaskKind, number>>;
  readonly events: WorkerEvents;
  readonly limits?: AttemptLimits;
  readonly random?: () => number;
  /** Another worker takes over a task whose worker was silent for this long (ms); default 30 s. */
  readonly lockMs?: number;
  readonly telemetry?: Telemetry | undefined;
}

/** The workers of a process: one for each kind of task and lane. */
export interface TaskWorkers {
  /**
   * Takes no more tasks. Running ones have `graceMs` to end, or until Redis has not answered for 5 s; then they are
   * aborted. These, and any that fail meanwhile, go back to their queue. Resolves when Redis knows that none is running,
   * or 5 s later, or at once if Redis is away: other workers then take over the tasks that it counts as running.
   */
  close(graceMs: number): Promise<void>;
}

const DEFAULTS = { prefix: DEFAULT_PREFIX, limits: DEFAULT_ATTEMPTS, random: Math.random, lockMs: 30_000 };
type Resolved = TaskWorkersOptions & typeof DEFAULTS;

/** Runs tasks from Redis until closed. */
export function startTaskWorkers(options: TaskWorkersOptions): TaskWorkers {
  const resolved = { ...DEFAULTS, ...options };
  const attempts = new Attempts(resolved);
  const workers = TASK_KINDS.flatMap((kind) => LANES.map((lane) => startWorker(kind, lane, attempts, resolved)));
  return { close: (graceMs) => closeAll(workers, attempts, graceMs, resolved.redis) };
}

/**
 * A task that crashes its worker (memory, a bug of the runtime) would crash one worker after another. But workers are
 * also killed by each deployment, so a few stalls prove nothing.
 */
const MAX_STALLS = 5;
const LET_GO_MS = 5_000;
/** How often a worker that stops asks whether Redis is there. */
const ASK_EVERY_MS = 1_000;

/** BullMQ's errors of a job that is no longer the worker's. They have no class of their own. */
const TASK_LOST = /^(?:could not renew lock|Missing (?:lock|key)|Lock mismatch) for job |^Job \S+ is not in /;

function startWorker(kind: TaskKind, lane: Lane, attempts: Attempts, options: Resolved): Worker<TaskReference> {
  const { redis, prefix, tasksAtOnce, events, limits, random, lockMs, telemetry } = options;
  // BullMQ passes a signal only to functions that declare the parameter.
  const run = (job: Job<TaskReference>, token?: string, signal?: AbortSignal) => attempts.run(job, token, signal);
  const worker = new Worker<TaskReference>(queueName(kind, lane), run, {
    connection: redis,
    prefix,
    concurrency: tasksAtOnce[kind],
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // `Attempts` counts stalls itself: BullMQ would fail the job without calling `giveUp`.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    settings: { backoffStrategy: (failures) => backoffMs(failures, limits, random) },
    ...(telemetry && { telemetry }),
  });
  worker.on('error', (error) => (TASK_LOST.test(error.message) ? events.onTaskLost?.(error) : events.onError(error)));
  worker.on('stalled', (id) => events.onStalled?.(id));
  return worker;
}

/** The attempts at tasks of all workers of this process. */
class Attempts {
  readonly #options: Resolved;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: Resolved) {
    this.#options = options;
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Makes one attempt. @throws the error by which BullMQ decides what to do with the job */
  run(job: Job<TaskReference>, token = '', signal = new AbortController().signal): Promise<void> {
    const running = this.#run(job, token, signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Gives back the tasks that fail from now on. Resolves when the attempts that run now have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#running);
  }

  async #run(job: Job<TaskReference>, token: string, signal: AbortSignal): Promise<void> {
    const { handlers, events } = this.#options;
    const startedMs = performance.now();
    const report = (outcome: AttemptOutcome, error?: unknown) =>
      events.onAttempt?.(job.data, outcome, { durationMs: performance.now() - startedMs, error });
    // Every request of a task adds a listener.
    setMaxListeners(0, signal);
    try {
      // BullMQ may still take one while it closes, also one that was just given back.
      this.#stopping.signal.throwIfAborted();
      if (job.stalledCounter > MAX_STALLS) throw deadly(job.stalledCounter);
      await handlers.run(job.data, { signal, stopping: this.#stopping.signal });
      report('done');
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        report('given-back');
        await job.moveToWait(token);
        throw new WaitingError();
      }
      throw await this.#failed(job, token, error, report);
    }
  }

  async #failed(
    job: Job<TaskReference>,
    token: string,
    error: unknown,
    report: (outcome: AttemptOutcome, error: unknown) => void,
  ): Promise<Error> {
    const { handlers, limits, random } = this.#options;
    const failures = job.attemptsMade + 1;
    const verdict = decideAfterFailure(error, failures, limits, random);
    if (verdict.kind === 'retry' && !verdict.counted) {
      report('rate-limited', error);
      await job.moveToDelayed(Date.now() + verdict.delayMs, token);
      return new DelayedError();
    }
    // Workers run unattended: a bug must not block the audit for ever, so it becomes an error row like other failures.
    if (verdict.kind === 'retry' || (verdict.kind === 'bug' && failures < limits.attempts)) {
      report('retried', error);
      return asError(error);
    }
    try {
      await handlers.giveUp(job.data, error);
    } catch (failure) {
      report('retried', failure);
      throw failure;
    }
    report('given-up', error);
    return new UnrecoverableError(asError(error).message);
  }
}

function deadly(stalls: number): SlimboardError {
  return new SlimboardError('workers-ended', `given up: ${stalls} workers ended while doing this task`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function closeAll(
  workers: readonly Worker<TaskReference>[],
  attempts: Attempts,
  graceMs: number,
  redis: Redis,
): Promise<void> {
  // While Redis is away BullMQ's workers do not close, even if they run nothing.
  const closed = Promise.all(workers.map((worker) => worker.close()));
  const ended = new AbortController();
  const silence = untilSilent(redis, ended.signal);
  await endsWithin(Promise.race([attempts.stop(), silence]), graceMs);
  for (const worker of workers) worker.cancelAllJobs('the worker stops');
  // A Redis that is away gets to know nothing in that time either.
  if (redis.status === 'ready') await endsWithin(Promise.race([closed, silence]), LET_GO_MS);
  ended.abort();
}

/**
 * Resolves when Redis does not answer for {@link LET_GO_MS}, or the signal aborts. Tasks cannot go on then: they wait for
 * their turn at a registry, or for others to be queued.
 */
async function untilSilent(redis: Redis, signal: AbortSignal): Promise<void> {
  const answer = () => redis.ping().catch(() => undefined);
  while (!signal.aborted && (await endsWithin(answer(), LET_GO_MS)))
    await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
}

/** Waits until the work has ended, for `limitMs` at most. @returns whether it has ended */
async function endsWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(limitMs, false, { signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return ended;
}
