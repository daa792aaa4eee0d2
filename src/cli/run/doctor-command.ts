import { dirname } from 'node:path';
import { withStore } from '../../app/open-store.ts';
import { END_OF_LIFE_REVIEWED } from '../../classify/end-of-life.ts';
import { dayOf } from '../../common/day.ts';
import { counted } from '../../common/plural.ts';
import { printable } from '../../common/printable.ts';
import { DAY_MS } from '../../common/units.ts';
import { checkFolder } from '../../deliver/check-folder.ts';
import { messageOf } from '../../errors.ts';
import { Proxies } from '../../network/proxies.ts';
import type { EcrAccessResult } from '../../registry/ecr/access.ts';
import { createInProcessGovernor } from '../../registry/governor/in-process-governor.ts';
import { withinLimit } from '../../registry/open-registry.ts';
import { destinationOf } from '../../settings/destination.ts';
import type { EcrSource, SourceSettings } from '../../settings/settings.ts';
import { sourcesOf } from '../../settings/target.ts';
import { whatHidesRows, whatKeepsFromWriting } from '../../store/role-access.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { todayOf } from '../io.ts';
import { openSource } from '../open-source.ts';
import type { Session } from '../prepare.ts';
import { describeSharedRepositories } from '../shared-repositories.ts';
import { labelled } from '../text.ts';

/** The result of one check. */
type CheckResult = Omit<EcrAccessResult, 'region'>;

/** Checks everything that an audit depends on. @returns 1 when a check failed */
export async function doctorCommand(session: Session, targets: readonly string[]): Promise<ExitCode> {
  const { io, settings } = session;
  const results: CheckResult[] = [];
  const report = (result: CheckResult): void => {
    results.push(result);
    io.stdout.write(line(result));
  };
  report(describeSettings(session));
  (await checkStore(session)).forEach(report);
  report(await checkRedis(session));
  for (const check of [checkDates, checkNotifications, checkProxies]) check(session).forEach(report);
  (await checkReports(session)).forEach(report);
  for (const source of sourcesOf(targets, settings))
    for (const result of await checkSource(session, source)) report(result);
  return results.some(({ status }) => status === 'error') ? EXIT.failure : EXIT.done;
}

function line({ subject, status, message }: CheckResult): string {
  return `${status.padEnd(8)} ${printable(labelled(subject, message))}\n`;
}

function describeSettings({ settings: { file, sources, teams }, io }: Session): CheckResult {
  const found = `${counted(sources.length, 'source')}, ${counted(teams.length, 'team')}`;
  const where = file === undefined ? `; there is no slimboard.yaml in ${io.cwd}` : ` in ${file}`;
  return { subject: 'settings', status: 'ok', message: `${found}${where}` };
}

async function checkStore({ settings }: Session): Promise<readonly CheckResult[]> {
  const subject = settings.databaseUrl ? 'database' : 'embedded database';
  try {
    return await withStore(settings, 'write', async (db) => {
      const [row] = await db.query<{ version: string }>("select current_setting('server_version') as version");
      const where = settings.databaseUrl ? '' : ` in ${settings.dataDir}`;
      const warnings = (about: string, messages: readonly string[]) =>
        messages.map((message): CheckResult => ({ subject: about, status: 'warning', message }));
      const obstacle = await whatKeepsFromWriting(db);
      const hidden = await whatHidesRows(db);
      return [
        { subject, status: 'ok', message: `Postgres ${row?.version}${where}, schema up to date` },
        ...warnings(subject, obstacle === undefined ? [] : [`can be read, but not audited into: ${obstacle}`]),
        ...warnings(subject, hidden === undefined ? [] : [`totals and reports may lack rows: ${hidden}`]),
        ...warnings('sources', await describeSharedRepositories(db)),
      ];
    });
  } catch (error) {
    return [{ subject, status: 'error', message: messageOf(error) }];
  }
}

/** Distributions have releases twice a year: after this many days, the dates lack two rounds of them. */
const DATES_HOLD_DAYS = 300;

/** An old program takes releases that it does not know for supported ones, however long ago their support ended. */
function checkDates({ io }: Session): readonly CheckResult[] {
  const holdUntil = new Date(Date.parse(END_OF_LIFE_REVIEWED) + DATES_HOLD_DAYS * DAY_MS);
  if (todayOf(io) <= dayOf(holdUntil)) return [];
  const message = `are those of ${END_OF_LIFE_REVIEWED}: releases that came out later count as supported; install a newer slimboard`;
  return [{ subject: 'end-of-life dates', status: 'warning', message }];
}

/** Checks the variables that notifications use: an audit would report a missing one only at its end. */
function checkNotifications({ settings, io }: Session): readonly CheckResult[] {
  const named = settings.notify.flatMap(({ urlFrom, secretFrom }) => [urlFrom, secretFrom]);
  const missing = named.filter((name) => name !== undefined && !io.environment[name]);
  return missing.map((name) => ({
    subject: 'notify',
    status: 'error',
    message: `the environment variable ${name} is not set: notifications that need it cannot be sent`,
  }));
}

/** Checks the folders and buckets that reports are written to: an audit would find out only at its end. */
async function checkReports({ settings, io }: Session): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const buckets = new Set<string>();
  for (const { path } of settings.reports) {
    const destination = destinationOf(path, { date: todayOf(io), audit: 1, source: 'source' }, io.cwd);
    try {
      if (destination.kind === 'file') await checkFolder(dirname(destination.path));
      // Of a bucket that an audit names, nothing is known before.
      else if (path.startsWith(`s3://${destination.bucket}/`)) buckets.add(destination.bucket);
    } catch (error) {
      results.push({ subject: 'reports', status: 'error', message: `cannot write ${path}: ${messageOf(error)}` });
    }
  }
  for (const bucket of buckets) results.push(await checkReportBucket(bucket, io.signal));
  return results;
}

async function checkReportBucket(bucket: string, signal: AbortSignal): Promise<CheckResult> {
  const { checkBucket } = await import('../../deliver/check-bucket.ts');
  const subject = `s3://${bucket}`;
  try {
    return { subject, ...(await checkBucket(bucket, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    return { subject, status: 'error', message: messageOf(error) };
  }
}

function checkProxies({ io }: Session): readonly CheckResult[] {
  try {
    return new Proxies(io.environment).all().map(({ url, variable }) => ({
      subject: variable,
      status: 'ok',
      message: `requests go through ${url.host}, except to this machine and to hosts in NO_PROXY`,
    }));
  } catch (error) {
    return [{ subject: 'proxy', status: 'error', message: messageOf(error) }];
  }
}

async function checkRedis({ settings }: Session): Promise<CheckResult> {
  const subject = 'redis';
  if (!settings.redisUrl) return { subject, status: 'ok', message: 'not set; only "schedule" and "worker" need it' };
  try {
    const { connectRedis, DEFAULT_PREFIX } = await import('../../queue/redis-connection.ts');
    const redis = await connectRedis(settings.redisUrl, () => undefined);
    try {
      // Its memory or its disk may be full, or its user may not write.
      await redis.set(`${DEFAULT_PREFIX}:doctor`, '', 'PX', 1).catch((error: unknown) => {
        throw new Error(`it refuses to write: ${messageOf(error)}`);
      });
      return { subject, ...describeRedis(await redis.info('server'), await redis.info('memory')) };
    } finally {
      redis.disconnect();
    }
  } catch (error) {
    return { subject, status: 'error', message: messageOf(error) };
  }
}

/** Describes a Redis by the sections `server` and `memory` of its INFO. */
function describeRedis(server: string, memory: string): Omit<CheckResult, 'subject'> {
  // Valkey also tells the version of Redis that it is compatible with.
  const [, valkey] = /valkey_version:(\S+)/.exec(server) ?? [];
  const [, redis = 'of an unknown version'] = /redis_version:(\S+)/.exec(server) ?? [];
  const name = valkey === undefined ? `Redis ${redis}` : `Valkey ${valkey}`;
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy === undefined || policy === 'noeviction') return { status: 'ok', message: name };
  return {
    status: 'warning',
    message: `${name} evicts keys when its memory is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction, or tasks that lose their lock are done twice`,
  };
}

async function checkSource(session: Session, source: SourceSettings): Promise<readonly CheckResult[]> {
  try {
    if (source.kind === 'ecr') return await checkEcr(session, source);
    return [await checkListing(session, source)];
  } catch (error) {
    session.io.signal.throwIfAborted();
    return [{ subject: source.name, status: 'error', message: messageOf(error) }];
  }
}

async function checkEcr({ io, settings }: Session, source: EcrSource): Promise<readonly CheckResult[]> {
  const { describeEcrAccess } = await import('../../registry/ecr/access.ts');
  const results = await describeEcrAccess(
    {
      ...source,
      proxies: new Proxies(io.environment),
      governor: withinLimit(createInProcessGovernor(), source),
      teamKey: settings.teamKey,
    },
    { signal: io.signal },
  );
  return results.map(({ region, ...result }) => ({
    ...result,
    subject: `${source.name} ${region} ${result.subject}`,
  }));
}

/** Lists the first page of repositories, and the first page of tags of the first repository. */
async function checkListing(session: Session, source: SourceSettings): Promise<CheckResult> {
  const notes: string[] = [];
  const registry = await openSource(session, source, { onNote: (note) => void notes.push(note) });
  const listing = { signal: session.io.signal, onInvalid: () => undefined };
  const found = (status: CheckResult['status'], message: string): CheckResult => ({
    subject: source.name,
    status,
    message,
  });
  try {
    for await (const [first] of registry.listRepositories(listing)) {
      if (!first) continue;
      for await (const tags of registry.listManifests(first, listing))
        return found('ok', `can list repositories, and tags (${tags.length} in the first page of ${first.name})`);
      return found('ok', `can list repositories; ${first.name} has no tags`);
    }
    return found(
      'warning',
      notes.join('; ') || 'reachable, but no repository that it lists matches "repositories" of the source',
    );
  } finally {
    await registry.close();
  }
}
