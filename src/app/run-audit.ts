import { tellProgress } from '../audit/stages.ts';
import type { StartedAudit } from '../audit/start-audit.ts';
import { oneAtATime } from '../common/one-at-a-time.ts';
import { AuditRunningError, SettingsError } from '../errors.ts';
import { InProcessQueue } from '../queue/in-process-queue.ts';
import type { TaskKind } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { type AuditRow, findAudit, recordHeartbeat, releaseAudit } from '../store/audit-store.ts';
import { listOpenTasks } from '../store/task-store.ts';
import { type AuditEngine, createAuditEngine, type EngineOptions } from './engine.ts';
import { RequestCounter } from './request-counter.ts';
import { findSourceMistakes } from './source-mistakes.ts';
import { startWhenFree } from './start-when-free.ts';

/** What to audit in this process, and with what. */
export interface RunOptions extends Omit<EngineOptions, 'queue'> {
  readonly sources: readonly SourceSettings[];
  /** Stops the audit. Its results so far are kept, and the next audit continues from there. */
  readonly signal: AbortSignal;
  /** Called if an audit of these sources has not ended, before waiting for a sign of life of it. */
  readonly onWait?: () => void;
  readonly onStart?: (audit: { readonly auditId: number; readonly resumed: boolean }) => void;
  /** How many statements and transactions were done again because the database was away; default: none ever is. */
  readonly storeFailures?: () => number;
}

/**
 * Tasks of each kind at the same time. The governor limits requests, not these numbers: there are enough tasks to use
 * its limit even if repositories have one or two tags each, and some tasks wait for the database.
 */
const TASKS_AT_ONCE: Readonly<Record<TaskKind, number>> = {
  source: 8,
  repository: 16,
  manifests: 16,
  layers: 2,
  assess: 1,
  close: 1,
  deliver: 1,
};
const HEARTBEAT_MS = 5_000;
/** Somebody waits for this audit: a registry that is down is tried again for seconds, not for minutes as by workers. */
const ATTEMPTS = { attempts: 2, firstDelayMs: 1_000 };

/**
 * Runs one audit in this process.
 * @returns the audit's row after its end
 * @throws SettingsError if no source can be opened, as without a region for Amazon ECR: nothing is stored then
 * @throws AuditRunningError if one of the sources is being audited by another process, or another process has taken
 * over the audit
 * @throws the signal's reason if it was stopped
 */
export async function runAudit(options: RunOptions): Promise<AuditRow> {
  let inHand: StartedAudit | undefined;
  const beat = async (): Promise<void> => {
    if (inHand) await recordHeartbeat(options.db, inHand.auditId, counter.take());
  };
  const { queue, engine, counter } = openEngine({
    ...options,
    async deliver(auditId, deliverySignal) {
      // Reports tell the requests, of which a short audit has recorded none yet.
      await beat().catch(() => undefined);
      await options.deliver?.(auditId, deliverySignal);
    },
  });
  const { db, now } = engine.context;
  try {
    await requireSource(options.sources, engine);
    const { sources, signal, onWait } = options;
    const alone = db.kind === 'pglite';
    const started = await startWhenFree(db, { sources, lane: 'adhoc', runner: 'process', alone, now, signal, onWait });
    inHand = started;
    options.onStart?.(started);
    if (started.resumed) await tellProgress(engine.context, started.auditId);
    await withHeartbeat(beat, () => doTasks(started, queue, engine, options));
    const audit = await findAudit(db, started.auditId);
    if (!audit) throw new Error(`audit ${started.auditId} no longer exists`);
    inHand = undefined;
    if (audit.status === 'running')
      throw new AuditRunningError(
        `audit ${audit.id} was taken over by another process, because this one had sent no heartbeat: "slimboard status" shows how far it is`,
      );
    return audit;
  } finally {
    await queue.close();
    // If this fails, the missing heartbeat shows that the audit was abandoned.
    if (inHand !== undefined) await releaseAudit(db, inHand).catch(() => undefined);
    await engine.close();
  }
}

/**
 * Does an audit's tasks, and those that they add. A transaction whose confirmation is lost in an outage finds, when it is
 * done again, that its task is settled: the tasks that it added are then in the database only.
 */
async function doTasks(
  { auditId, tasks }: StartedAudit,
  queue: InProcessQueue,
  { context, handlers }: AuditEngine,
  { storeFailures = () => 0 }: RunOptions,
): Promise<void> {
  for (let next = tasks; ; next = await listOpenTasks(context.db, auditId)) {
    const failures = storeFailures();
    await queue.add(next);
    await handlers.advance(auditId);
    await queue.drain();
    if (storeFailures() === failures) return;
  }
}

/** Tells what is wrong with all sources before there is an audit; what is wrong with some fails these only. */
async function requireSource(sources: readonly SourceSettings[], { context }: AuditEngine): Promise<void> {
  const mistakes = await findSourceMistakes(sources, context.registryOf);
  if (mistakes.length > 0 && mistakes.length === sources.length) throw new SettingsError(mistakes.join('\n'));
}

/** An engine with a queue in this process, and a counter of the requests it sends. */
function openEngine(options: RunOptions) {
  // The handlers add to the queue, and the queue runs the handlers.
  const queue = new InProcessQueue({
    handlers: {
      run: (task, taskOptions) => engine.handlers.run(task, taskOptions),
      giveUp: (task, error) => engine.handlers.giveUp(task, error),
    },
    tasksAtOnce: TASKS_AT_ONCE,
    signal: options.signal,
    limits: ATTEMPTS,
  });
  const counter = new RequestCounter();
  const onRequest = (throttled: boolean): void => {
    counter.count(throttled);
    options.onRequest?.(throttled);
  };
  const engine: AuditEngine = createAuditEngine({ ...options, queue, onRequest });
  return { queue, engine, counter };
}

/** Does the work; meanwhile, and at its end, writes the audit's sign of life and request counts. */
async function withHeartbeat(write: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  // Beats of a slow database must not queue up and take all its connections.
  const beat = oneAtATime(write);
  // A failed beat does not fail the audit: the tasks' own statements fail when the database is away.
  const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await write().catch(() => undefined);
  }
}
