import { reportRarely } from '../common/report-rarely.ts';
import { untilAborted } from '../common/until-aborted.ts';
import type { Logger } from '../log.ts';
import { type AttemptOutcome, startTaskWorkers, type WorkerEvents } from '../queue/bullmq-workers.ts';
import type { TaskKind } from '../queue/queue.ts';
import { isHandedToWorkers } from '../store/queued-audit-store.ts';
import { type Installation, type InstallationOptions, openInstallation, serveMetrics } from './installation.ts';
import { workerHandlers } from './worker-handlers.ts';

export interface WorkerOptions extends InstallationOptions {
  /** Stops the worker. */
  readonly signal: AbortSignal;
  /** How long running tasks may take to end. */
  readonly graceMs: number;
}

/** Tasks of each kind at the same time, in each lane. The governor limits requests, not these numbers. */
const TASKS_AT_ONCE: Readonly<Record<TaskKind, number>> = {
  source: 4,
  repository: 8,
  manifests: 12,
  layers: 2,
  assess: 1,
  close: 1,
  deliver: 1,
};

/** Runs tasks until the signal aborts; then finishes the running ones, or gives them back to the queue. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const installation = await openInstallation(options);
  try {
    await serveMetrics(installation, options.settings);
    // Told to stop while it started: it would have to give back what it takes now.
    if (!options.signal.aborted) await doTasks(installation, options);
  } finally {
    await installation.close();
  }
}

async function doTasks(installation: Installation, { log, signal, graceMs }: WorkerOptions): Promise<void> {
  const { db, redis, engine, requests, telemetry } = installation;
  const onWait = reportRarely((failure) =>
    log.warn(failure, 'tasks are waiting for Postgres or Redis, and continue when it is back'),
  );
  const workers = startTaskWorkers({
    redis,
    handlers: workerHandlers(engine.handlers, {
      isHanded: (auditId) => isHandedToWorkers(db, auditId),
      requests,
      onWait,
    }),
    tasksAtOnce: TASKS_AT_ONCE,
    events: workerEvents(installation, log),
    telemetry,
  });
  log.info('the worker is ready');
  await untilAborted(signal);
  log.info('the worker is stopping: running tasks finish, or return to the queue');
  await workers.close(graceMs);
}

function workerEvents({ metrics, onQueueError }: Installation, log: Logger): WorkerEvents {
  const levels: Readonly<Record<AttemptOutcome, 'debug' | 'info' | 'warn' | 'error'>> = {
    done: 'debug',
    'rate-limited': 'info',
    'given-back': 'info',
    retried: 'warn',
    'given-up': 'error',
  };
  return {
    onAttempt({ auditId, kind, key }, outcome, { durationMs, error }) {
      metrics.countAttempt(kind, outcome, durationMs);
      log[levels[outcome]]({ audit: auditId, task: key, durationMs: Math.round(durationMs), error }, `task ${outcome}`);
    },
    onStalled: (jobId) => log.warn({ job: jobId }, 'a worker stopped responding, its task is done again'),
    onTaskLost: reportRarely((failure) =>
      log.warn(failure, 'this worker was silent for too long, or Redis lost its task: the task is done again'),
    ),
    onError: onQueueError,
  };
}
