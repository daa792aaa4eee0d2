import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, type Telemetry, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { SlimboardError } from '../errors.ts';
import { type AttemptLimits, backoffMs, DEFAULT_ATTEMPTS, decideAfterFailure } from './attempts.ts';
import { queueName } from './job-id.ts';
import { LANES, TASK_KINDS, type TaskHandlers, type TaskKind, type TaskReference } from './queue.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

/** What became of one attempt. `given-back`: the worker was told to stop. */
export type AttemptOutcome = 'done' | 'retried' | 'rate-limited' | 'given-up' | 'given-back';

export interface WorkerEvents {
  /** After each attempt; `error` for those that failed. */
  onAttempt?(task: TaskReference, outcome: AttemptOutcome, details: { durationMs: number; error?: unknown }): void;
  /** A task came back because the worker that had it died, or was silent for too long. */
  onStalled?(jobId: string): void;
  /** Redis is away, or lost a job that was in hand; nothing to do but to know. */
  onError(error: Error): void;
}

export interface TaskWorkersOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  readonly handlers: TaskHandlers;
  /** How many tasks of each kind this process does at once; ad-hoc audits have as many of their own. */
  readonly tasksAtOnce: Readonly<Record<TaskKind, number>>;
  readonly events: WorkerEvents;
  readonly limits?: AttemptLimits;
  readonly random?: () => number;
  /** A task whose worker is silent for this long is taken by another; default 30 s. */
  readonly lockMs?: number;
  readonly telemetry?: Telemetry;
}

export interface TaskWorkers {
  /**
   * Takes no more tasks; those in hand have `graceMs` to end, then they are aborted and go back to their queue.
   * Resolves when nothing is in hand. What does not let go in a few seconds more is left to the other workers.
   */
  close(graceMs: number): Promise<void>;
}

/** Takes tasks from Redis and does them, until it is closed. */
export function startTaskWorkers(options: TaskWorkersOptions): TaskWorkers {
  const attempt = new Attempt(options);
  const workers = TASK_KINDS.flatMap((kind) =>
    LANES.map((lane) => startWorker(queueName(kind, lane), kind, attempt, options)),
  );
  return { close: (graceMs) => closeAll(workers, graceMs) };
}

/**
 * A task that takes its worker down (memory, a bug of the runtime) would do so for ever. Workers are also killed
 * innocently, in each deployment, so a few times are no proof.
 */
const MAX_STALLS = 5;
const LET_GO_MS = 5_000;

function startWorker(
  name: string,
  kind: TaskKind,
  attempt: Attempt,
  options: TaskWorkersOptions,
): Worker<TaskReference> {
  const {
    redis,
    prefix = DEFAULT_PREFIX,
    tasksAtOnce,
    events,
    limits = DEFAULT_ATTEMPTS,
    random = Math.random,
  } = options;
  const lockMs = options.lockMs ?? 30_000;
  // BullMQ gives a signal only to a function that names it.
  const worker = new Worker<TaskReference>(name, (job, token, signal) => attempt.run(job, token, signal), {
    connection: redis,
    prefix,
    concurrency: tasksAtOnce[kind],
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // Attempt counts them, because giving up is more than failing.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    settings: { backoffStrategy: (failures) => backoffMs(failures, limits, random) },
    ...(options.telemetry && { telemetry: options.telemetry }),
  });
  worker.on('error', (error) => events.onError(error));
  worker.on('stalled', (id) => events.onStalled?.(id));
  return worker;
}

class Attempt {
  readonly #handlers: TaskHandlers;
  readonly #events: WorkerEvents;
  readonly #limits: AttemptLimits;
  readonly #random: () => number;

  constructor(options: TaskWorkersOptions) {
    this.#handlers = options.handlers;
    this.#events = options.events;
    this.#limits = options.limits ?? DEFAULT_ATTEMPTS;
    this.#random = options.random ?? Math.random;
  }

  /** @throws what tells BullMQ where the job goes next */
  async run(job: Job<TaskReference>, token = '', signal = new AbortController().signal): Promise<void> {
    const startedMs = performance.now();
    const report = (outcome: AttemptOutcome, error?: unknown) =>
      this.#events.onAttempt?.(job.data, outcome, { durationMs: performance.now() - startedMs, error });
    // Each request of a task listens to it.
    setMaxListeners(0, signal);
    try {
      if (job.stalledCounter > MAX_STALLS) throw deadly(job.stalledCounter);
      await this.#handlers.run(job.data, { signal });
      report('done');
    } catch (error) {
      if (signal.aborted) {
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
    const failures = job.attemptsMade + 1;
    const verdict = decideAfterFailure(error, failures, this.#limits, this.#random);
    if (verdict.kind === 'retry' && !verdict.counted) {
      report('rate-limited', error);
      await job.moveToDelayed(Date.now() + verdict.delayMs, token);
      return new DelayedError();
    }
    // Unattended, a bug must not hold up the audit for ever: it becomes an error row like any other failure.
    if (verdict.kind === 'retry' || (verdict.kind === 'bug' && failures < this.#limits.attempts)) {
      report('retried', error);
      return asError(error);
    }
    await this.#handlers.giveUp(job.data, error);
    report('given-up', error);
    return new UnrecoverableError(asError(error).message);
  }
}

function deadly(stalls: number): SlimboardError {
  return new SlimboardError('workers-ended', `${stalls} workers ended while they did this task: given up`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function closeAll(workers: readonly Worker<TaskReference>[], graceMs: number): Promise<void> {
  const closed = Promise.all(workers.map((worker) => worker.close()));
  if (await settlesWithin(closed, graceMs)) return;
  for (const worker of workers) worker.cancelAllJobs('the worker stops');
  await settlesWithin(closed, LET_GO_MS);
}

async function settlesWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(limitMs, false, { signal: timer.signal, ref: true }).catch(() => false);
  const inTime = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return inTime;
}
