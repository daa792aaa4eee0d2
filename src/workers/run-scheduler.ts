import { findSourceMistakes } from '../app/source-mistakes.ts';
import { reportRarely } from '../common/report-rarely.ts';
import { untilAborted } from '../common/until-aborted.ts';
import { SettingsError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type AuditStarter, createAuditStarter } from '../schedule/audit-starter.ts';
import type { ScheduledSource } from '../schedule/schedule-changes.ts';
import { type DueOutcome, type SchedulerEvents, startScheduler } from '../schedule/scheduler.ts';
import { waitForAudits } from '../schedule/wait-for-audits.ts';
import type { Settings, SourceSettings } from '../settings/settings.ts';
import type { AuditStatus } from '../store/audit-store.ts';
import { type Installation, type InstallationOptions, openInstallation, serveMetrics } from './installation.ts';

export interface ScheduleOptions extends InstallationOptions {
  readonly signal: AbortSignal;
  /** Reads the settings again, so that changes to sources take effect without a restart. */
  readonly reload: () => Promise<Settings>;
}

/** Starts the audits of all sources by their schedules, until the signal aborts. */
export async function runScheduler(options: ScheduleOptions): Promise<void> {
  const { log, signal } = options;
  const installation = await openInstallation(options);
  const { redis, telemetry } = installation;
  try {
    await serveMetrics(installation, options.settings);
    const sources = async () => (await options.reload()).sources;
    const scheduler = await startScheduler({
      redis,
      starter: starterOf(installation, sources, log),
      sources: async () => (await sources()).flatMap(scheduleOf),
      events: schedulerEvents(log),
      telemetry,
    });
    installation.onClose(() => scheduler.close());
    log.info('the scheduler is ready');
    await untilAborted(signal);
  } finally {
    await installation.close();
  }
}

export interface NowOptions extends InstallationOptions {
  readonly signal: AbortSignal;
  /** Names of sources; empty: all sources of the settings. */
  readonly sources: readonly string[];
  readonly wait: boolean;
  readonly onStarted: (source: string, auditId: number, running: boolean) => void;
  /** Called if no worker is connected: the audits begin when one is started. */
  readonly onNoWorker: () => void;
}

/**
 * Starts an audit of each source, for the workers to run.
 * @returns if `wait` is set, how the audits ended, by audit id; else an empty map
 * @throws SettingsError if a name is no source, or there are no sources; no audit is started then
 */
export async function runNow(options: NowOptions): Promise<ReadonlyMap<number, AuditStatus>> {
  const { settings, signal } = options;
  const names = knownSources(options.sources, settings);
  const installation = await openInstallation(options);
  try {
    const { queue } = installation;
    const starter = starterOf(installation, async () => settings.sources, options.log);
    const start = async (source: string): Promise<number> => {
      const { kind, auditId } = await starter.startAudit(source, 'adhoc', { signal });
      options.onStarted(source, auditId, kind === 'running');
      return auditId;
    };
    const started = new Map<string, number>();
    for (const source of names) started.set(source, await start(source));
    if (!(await queue.hasWorkers())) options.onNoWorker();
    return options.wait ? await waitForAudits(started, { starter, start, signal }) : new Map();
  } finally {
    await installation.close();
  }
}

/** A starter of audits that warns of sources which cannot be opened: the workers would only tell so at the end. */
function starterOf(
  { db, queue, engine, now }: Installation,
  sources: () => Promise<readonly SourceSettings[]>,
  log: Logger,
): AuditStarter {
  return createAuditStarter({
    db,
    queue,
    sources,
    now,
    async onStarted(source, audit) {
      for (const mistake of await findSourceMistakes([source], engine.context.registryOf))
        log.warn({ audit }, `${mistake}; unless its workers are set up otherwise, this audit fails`);
    },
  });
}

function knownSources(requested: readonly string[], settings: Settings): readonly string[] {
  const known = settings.sources.map(({ name }) => name);
  if (known.length === 0)
    throw new SettingsError(
      'there is nothing to audit: write sources into slimboard.yaml, or name another settings file with --config',
    );
  const unknown = requested.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new SettingsError(`there is no source "${unknown}" in the settings; known sources: ${known.join(', ')}`);
  return requested.length > 0 ? requested : known;
}

function scheduleOf({ name, schedule, timezone }: SourceSettings): readonly ScheduledSource[] {
  return schedule === undefined ? [] : [{ name, pattern: schedule, timezone }];
}

const DUE_TEXTS: Readonly<Record<DueOutcome['kind'], string>> = {
  started: 'audit started',
  served: 'the audit of this slot was started before',
  running: 'the previous audit is still running: this slot is skipped',
  waits: 'an audit outside the schedule is running: this slot starts when it has ended',
};

function schedulerEvents(log: Logger): SchedulerEvents {
  return {
    onSynced({ upsert, remove }, scheduled) {
      if (upsert.length + remove.length > 0)
        log.info({ scheduled: upsert.map(({ name }) => name), removed: remove }, 'schedules updated from the settings');
      if (scheduled === 0) log.warn('no source in the settings has a schedule: no audit starts until one has');
    },
    onDue(source, slot, { kind, auditId }) {
      const fields = { source, audit: auditId, slot: slot.toISOString() };
      log[kind === 'running' ? 'warn' : 'info'](fields, DUE_TEXTS[kind]);
    },
    onError: reportRarely((failure) => log.error(failure, 'scheduling failed, it will be tried again')),
  };
}
