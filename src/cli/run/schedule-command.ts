import { SettingsError } from '../../errors.ts';
import type { AuditStatus } from '../../store/audit-store.ts';
import { runNow, runScheduler } from '../../workers/run-scheduler.ts';
import { EXIT, type ExitCode, exitCodeOfStatus } from '../exit-code.ts';
import type { Session } from '../prepare.ts';
import { NO_WORKER } from '../text.ts';

/** The flags of `schedule`. */
export interface ScheduleFlags {
  readonly now?: boolean;
  readonly wait?: boolean;
}

/**
 * Runs the scheduler until the process is told to end or, with `--now`, hands audits to the workers at once.
 * @param sources those to audit now; empty: all sources
 */
export async function scheduleCommand(
  session: Session,
  sources: readonly string[],
  { now = false, wait = false }: ScheduleFlags,
  reload: () => Promise<Session>,
): Promise<ExitCode> {
  if (wait && !now) throw new SettingsError('--wait needs --now');
  if (sources.length > 0 && !now) throw new SettingsError(`${sources[0]}: to audit sources at once, add --now`);
  const { settings, log, io } = session;
  const { environment, signal, stdout } = io;
  const common = { settings, log, environment, signal };
  if (!now) {
    await runScheduler({ ...common, reload: async () => (await reload()).settings });
    return EXIT.done;
  }
  const ended = await runNow({
    ...common,
    sources,
    wait,
    onStarted: (source, auditId, running) =>
      void stdout.write(`${source}: audit ${auditId} ${running ? 'is already running' : 'handed to the workers'}\n`),
    onNoWorker: () => session.notices.problem(NO_WORKER),
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
