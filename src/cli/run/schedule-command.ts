import { SettingsError } from '../../errors.ts';
import type { AuditStatus } from '../../store/audit-store.ts';
import { runNow, runScheduler } from '../../workers/run-scheduler.ts';
import { EXIT, type ExitCode, exitCodeOfStatus } from '../exit-code.ts';
import { type MetricsOption, metricsPortOf } from '../metrics-port.ts';
import type { Session } from '../prepare.ts';

/** The flags of `schedule`. */
export interface ScheduleFlags extends MetricsOption {
  /** The sources to audit now; `true`: all sources. */
  readonly now?: true | readonly string[];
  readonly wait?: boolean;
}

/** Runs the scheduler until the process is told to end or, with `--now`, hands audits to the workers at once. */
export async function scheduleCommand(
  session: Session,
  flags: ScheduleFlags,
  reload: () => Promise<Session>,
): Promise<ExitCode> {
  if (flags.wait && flags.now === undefined) throw new SettingsError('--wait needs --now');
  const { settings, log, io } = session;
  const { environment, signal, stdout } = io;
  const common = { settings, log, environment, signal };
  if (flags.now === undefined) {
    const reloadSettings = async () => (await reload()).settings;
    await runScheduler({ ...common, metricsPort: metricsPortOf(flags, environment), reload: reloadSettings });
    return EXIT.done;
  }
  const ended = await runNow({
    ...common,
    sources: flags.now === true ? [] : flags.now,
    wait: flags.wait === true,
    onStarted: (source, auditId, running) =>
      void stdout.write(`${source}: audit ${auditId} ${running ? 'is already running' : 'handed to the workers'}\n`),
    onNoWorker: () =>
      session.notices.problem('no worker is connected to this Redis: the audits start when "slimboard worker" runs'),
  });
  for (const [audit, status] of ended) reportEnd(session, audit, status);
  return worstOf([...ended.values()]);
}

function reportEnd({ notices }: Session, audit: number, status: AuditStatus): void {
  if (status === 'finished') notices.info(`audit ${audit} finished`);
  else notices.problem(`audit ${audit} ${status}: "slimboard report errors --audit ${audit}" lists what failed`);
}

function worstOf(statuses: readonly AuditStatus[]): ExitCode {
  const worst = (['failed', 'incomplete'] as const).find((status) => statuses.includes(status));
  return worst === undefined ? EXIT.done : exitCodeOfStatus(worst);
}
