import { setTimeout as sleep } from 'node:timers/promises';
import { withStore } from '../../app/open-store.ts';
import type { Database } from '../../database/database.ts';
import { SettingsError, SlimboardError } from '../../errors.ts';
import { auditStatus } from '../../report/audit-status.ts';
import { unknownAudit } from '../../report/audit-summary.ts';
import { jsonDocument } from '../../report/json-document.ts';
import { findNewestAudit, listLiveAudits } from '../../store/audit-store.ts';
import { type AuditProgress, readAuditProgress } from '../../store/progress-store.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import type { TableOrJson } from '../options.ts';
import type { Session } from '../prepare.ts';
import { factLines, NO_WORKER } from '../text.ts';

const WATCH_MS = 2_000;

/** The options of `status`. */
export interface StatusOptions {
  readonly watch?: boolean;
  readonly format: TableOrJson;
}

/** Shows the progress of an audit (default: the running or last one), once or until it has ended. */
export async function statusCommand(
  session: Session,
  audit: number | undefined,
  { watch, format }: StatusOptions,
): Promise<ExitCode> {
  const { settings, io, notices } = session;
  return withStore(settings, 'read', async (db) => {
    if (audit === undefined) await noteOthers(db, notices);
    const show = format === 'json' ? lineOf : await tables(io, watch === true);
    for (let shown = 0; ; shown++) {
      const progress = await readProgress(db, audit);
      io.stdout.write(show(progress));
      if (shown === 0) await noteMissingWorkers(session, progress);
      if (!watch || progress.status !== 'running') return EXIT.done;
      await sleep(WATCH_MS, undefined, { signal: io.signal });
    }
  });
}

async function noteOthers(db: Database, notices: Session['notices']): Promise<void> {
  const [newest, ...others] = await listLiveAudits(db);
  if (others.length === 0) return;
  notices.info(`audit ${newest} is shown; "slimboard status NUMBER" shows the others that run: ${others.join(', ')}`);
}

/** Says why an audit in the queue does not go on, once it is shown: a Redis that is away may be slow to say so. */
async function noteMissingWorkers({ settings, notices }: Session, { status, runner }: AuditProgress): Promise<void> {
  const { redisUrl } = settings;
  if (status !== 'running' || runner !== 'queue' || redisUrl === undefined) return;
  try {
    if (!(await hasWorkers(redisUrl))) notices.problem(NO_WORKER);
  } catch (error) {
    if (!(error instanceof SlimboardError)) throw error;
    notices.problem(`the audit waits in a queue that cannot be read: ${error.message}`);
  }
}

async function hasWorkers(redisUrl: string): Promise<boolean> {
  const { connectRedis } = await import('../../queue/redis-connection.ts');
  const { BullmqQueue } = await import('../../queue/bullmq-queue.ts');
  const redis = await connectRedis(redisUrl, () => undefined);
  try {
    const queue = new BullmqQueue({ redis, onError: () => undefined });
    const found = await queue.hasWorkers();
    await queue.close();
    return found;
  } finally {
    redis.disconnect();
  }
}

/** The progress as one line of JSON, so that `--watch` writes one document per line. */
function lineOf(progress: AuditProgress): string {
  return `${JSON.stringify(jsonDocument('slimboard.audit/1', progress))}\n`;
}

/** Makes the function that shows progress as tables; those that are watched, each in place of the one before. */
async function tables(io: Io, isWatched: boolean): Promise<(progress: AuditProgress) => string> {
  if (!isWatched) return (progress) => describe(progress, io.now());
  // To measure lines takes tables of emoji, which are slow to compile.
  const { redrawing } = await import('../redraw.ts');
  const redraw = redrawing(io);
  return (progress) => redraw(describe(progress, io.now()));
}

async function readProgress(db: Database, wanted: number | undefined): Promise<AuditProgress> {
  const id = wanted ?? (await findNewestAudit(db))?.id;
  if (id === undefined) throw new SettingsError('there is no audit yet: "slimboard audit HOST" runs one');
  const progress = await readAuditProgress(db, id);
  if (!progress) throw unknownAudit(id);
  return progress;
}

function coverageText({ status, tagsListed, tagsAudited, tagsSkipped }: AuditProgress): string {
  if (tagsListed === 0) return 'nothing listed';
  const percent = (tags: number) => `${((tags / tagsListed) * 100).toFixed(2)} % of the tags listed`;
  if (status === 'running') return `${percent(tagsAudited)} so far`;
  const skipped = tagsSkipped > 0 ? `, ${tagsSkipped} of them skipped or of other kinds` : '';
  return `${percent(tagsAudited + tagsSkipped)}${skipped}`;
}

function describe(progress: AuditProgress, now: Date): string {
  const { tagsListed, tagsAudited, tagsSkipped, tagsFailed } = progress;
  const errors = Object.entries(progress.errors);
  const endedMs = progress.finishedAt === null ? now.getTime() : Date.parse(progress.finishedAt);
  const seconds = Math.max(1, (endedMs - Date.parse(progress.startedAt)) / 1_000);
  const lines = [
    ['audit', `${progress.id} of ${progress.sources.join(', ')}`],
    ['status', auditStatus(progress)],
    ['started', progress.startedAt],
    ['ended', progress.finishedAt ?? 'not yet'],
    ['repositories', `${progress.repositoriesListed}`],
    ['tags', `${tagsListed} listed, ${tagsAudited} audited, ${tagsSkipped} skipped, ${tagsFailed} failed`],
    ['coverage', coverageText(progress)],
    [
      'requests',
      `${progress.requests} (${progress.throttled} throttled), ${Math.round(progress.requests / seconds)} a second`,
    ],
    ...errors.map(([code, count]) => ['errors', `${count} ${code}`]),
    ...(errors.length === 0 ? [] : [['', `"slimboard report errors --audit ${progress.id}" lists them`]]),
  ];
  return `${factLines(lines).join('\n')}\n`;
}
