import { setTimeout as sleep } from 'node:timers/promises';
import type { Telemetry } from 'bullmq';
import type { Redis } from 'ioredis';
import { type AuditEngine, createAuditEngine } from '../app/engine.ts';
import { openStore } from '../app/open-store.ts';
import type { AuditEvents } from '../audit/context.ts';
import { itemName } from '../audit/item-error.ts';
import { reportRarely } from '../common/report-rarely.ts';
import type { Database } from '../database/database.ts';
import { createDelivery } from '../deliver/create-delivery.ts';
import { SettingsError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { measuredGovernor } from '../metrics/measured-governor.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import { startMetricsServer } from '../metrics/metrics-server.ts';
import { BullmqQueue } from '../queue/bullmq-queue.ts';
import { connectRedis, DEFAULT_PREFIX } from '../queue/redis-connection.ts';
import { startSweeper } from '../queue/sweeper.ts';
import { createRedisGovernor } from '../registry/governor/redis-governor.ts';
import type { Environment, Settings } from '../settings/settings.ts';
import { recordHeartbeat } from '../store/audit-store.ts';
import { listQueuedTasks, listStuckAudits, readAuditAges, renewHeartbeats } from '../store/queued-audit-store.ts';
import { RequestsByAudit } from './requests-by-audit.ts';

export interface InstallationOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly log: Logger;
}

type Close = () => Promise<unknown>;

/** What every process of an installation with Redis opens, whether worker or scheduler. */
export interface Installation {
  readonly db: Database;
  readonly redis: Redis;
  readonly queue: BullmqQueue;
  readonly engine: AuditEngine;
  readonly metrics: Metrics;
  readonly requests: RequestsByAudit;
  readonly telemetry: Telemetry | undefined;
  /** ISO 8601. */
  readonly now: () => string;
  /** Logs a failure of Redis; alike ones once a minute. */
  readonly onQueueError: (error: unknown) => void;
  /** Has something closed with the installation, before the rest. */
  readonly onClose: (close: Close) => void;
  /** Closes everything that was opened, newest first, in 5 s at most, or 1 s while Redis is away. */
  close(): Promise<void>;
}

/** Less than a minute, after which an audit whose workers are silent may be taken over. */
const SWEEP_EVERY_MS = 20_000;
const COUNT_EVERY_MS = 5_000;
const CLOSE_WITHIN_MS = 5_000;
/** Whatever waits for a Redis that is away does not close at all. */
const CLOSE_WITHOUT_REDIS_WITHIN_MS = 1_000;

/**
 * Connects to Postgres and Redis, creates the queue and the engine, and starts the sweeper.
 * @throws SettingsError if the settings name no Redis or no Postgres
 * @throws QueueUnavailableError, StoreUnavailableError if one of them does not answer
 */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const { settings, log } = options;
  const redisUrl = requireUrls(settings);
  const closers: Close[] = [];
  const onClose = (close: Close): void => void closers.push(close);
  const onQueueError = reportRarely((failure) => log.warn(failure, 'Redis failed, it will be tried again'));
  try {
    const db = await openStore(settings);
    onClose(() => db.close());
    const redis = await connectRedis(redisUrl, onQueueError);
    onClose(async () => redis.disconnect());
    const telemetry = await telemetryOf(options.environment);
    const queue = new BullmqQueue({ redis, onError: onQueueError, telemetry });
    onClose(() => queue.close());
    const metrics = createMetrics({ queues: () => queue.depths(), audits: () => readAuditAges(db) });
    const requests = new RequestsByAudit();
    const engine = openEngine(options, { db, redis, queue, metrics, requests, onClose });
    const { now } = engine.context;
    const close = () =>
      closeAll(closers, log, redis.status === 'ready' ? CLOSE_WITHIN_MS : CLOSE_WITHOUT_REDIS_WITHIN_MS);
    const installation = { db, redis, queue, engine, metrics, requests, telemetry, now, onQueueError, onClose, close };
    startSweeping(installation, log);
    startCounting(installation, log);
    return installation;
  } catch (error) {
    await closeAll(closers, log, CLOSE_WITHIN_MS);
    throw error;
  }
}

/** @returns the URL of Redis */
function requireUrls({ redisUrl, databaseUrl }: Settings): string {
  if (redisUrl === undefined)
    throw new SettingsError('this command needs Redis: set SLIMBOARD_REDIS_URL, or use "slimboard audit"');
  if (databaseUrl === undefined)
    throw new SettingsError(
      'this command needs Postgres, because the embedded database serves one process only: set SLIMBOARD_DATABASE_URL',
    );
  return redisUrl;
}

type Parts = Pick<Installation, 'db' | 'redis' | 'queue' | 'metrics' | 'requests' | 'onClose'>;

function openEngine({ settings, environment, log }: InstallationOptions, parts: Parts): AuditEngine {
  const { db, redis, queue, metrics, requests, onClose } = parts;
  const shared = createRedisGovernor({
    redis,
    prefix: DEFAULT_PREFIX,
    onError: reportRarely((failure) => log.warn(failure, 'cannot share request limits through Redis')),
  });
  onClose(() => shared.close());
  const engine = createAuditEngine({
    settings,
    environment,
    db,
    queue,
    governor: measuredGovernor(shared, metrics),
    events: eventsOf(metrics, log),
    onNote: (note) => log.warn(note),
    onRequest: (throttled) => requests.count(throttled),
    deliver: createDelivery({ settings, environment, db, log, folder: process.cwd() }),
  });
  onClose(() => engine.close());
  return engine;
}

function eventsOf(metrics: Metrics, log: Logger): AuditEvents {
  return {
    resumed: () => undefined,
    itemDone: (outcome, count) => metrics.countItems(outcome, count),
    itemFailed(source, error, auditId) {
      metrics.countItems('failed', 1);
      // A whole source has no name as an item.
      const item = itemName(error) || undefined;
      log.warn({ audit: auditId, source, item, code: error.code }, error.message);
    },
    repositoryListed: (source, repository, tags) => log.debug({ source, repository, tags }, 'listed'),
    layersListed: () => undefined,
    layerDone: () => undefined,
    stageBegan: () => undefined,
    auditEnded({ id, status, repositoriesListed, tagsListed, tagsAudited, tagsSkipped, tagsFailed }) {
      const counts = { repositories: repositoriesListed, tags: tagsListed, audited: tagsAudited };
      const fields = { audit: id, status, ...counts, skipped: tagsSkipped, failed: tagsFailed };
      log[status === 'finished' ? 'info' : 'warn'](fields, 'the audit has ended');
    },
  };
}

function startSweeping({ db, redis, queue, engine, metrics, onClose }: Installation, log: Logger): void {
  const sweeper = startSweeper({
    redis,
    everyMs: SWEEP_EVERY_MS,
    signOfLife: () => renewHeartbeats(db),
    onError: reportRarely((failure) => log.warn(failure, 'looking for lost tasks failed, the next sweep tries again')),
    async sweep(signal) {
      const requeued = await queue.requeueLost(listQueuedTasks(db), { signal });
      metrics.countRequeued(requeued);
      if (requeued > 0) log.info({ tasks: requeued }, 'put back tasks that the queue had lost');
      for (const auditId of await listStuckAudits(db)) await engine.handlers.advance(auditId);
    },
  });
  onClose(() => sweeper.close());
}

/** Adds the counted requests to the audits' rows. Counts that cannot be stored are lost: they are only for display. */
function startCounting({ db, requests, onClose }: Installation, log: Logger): void {
  const flush = async (): Promise<void> => {
    for (const [auditId, counts] of requests.take()) {
      await recordHeartbeat(db, auditId, counts).catch((error) => {
        log.debug({ audit: auditId, error }, 'request counts were not stored');
      });
    }
  };
  const timer = setInterval(() => void flush(), COUNT_EVERY_MS);
  onClose(() => {
    clearInterval(timer);
    return flush();
  });
}

/** Serves `/metrics` and `/healthz` if the settings name a port. @throws SettingsError when it cannot be opened */
export async function serveMetrics(
  { metrics, db, redis, onClose }: Installation,
  { metricsPort: port }: Settings,
): Promise<void> {
  if (port === undefined) return;
  const isHealthy = async () => redis.status === 'ready' && (await db.query('select 1')).length === 1;
  // Not only localhost: probes and Prometheus connect from outside the container.
  const server = await startMetricsServer({ metrics, host: '0.0.0.0', port, isHealthy });
  onClose(() => server.close());
}

/** Telemetry of BullMQ, if OpenTelemetry is configured. Its SDK must be loaded from outside, as by `NODE_OPTIONS`. */
async function telemetryOf(environment: Environment): Promise<Telemetry | undefined> {
  if (!environment.OTEL_EXPORTER_OTLP_ENDPOINT) return undefined;
  const { BullMQOtel } = await import('bullmq-otel');
  return new BullMQOtel({
    tracerName: 'slimboard',
    meterName: 'slimboard',
    enableMetrics: true,
  }) as unknown as Telemetry;
}

async function closeAll(closers: Close[], log: Logger, limitMs: number): Promise<void> {
  // Connections to a Redis or Postgres that is away may never close.
  const late = sleep(limitMs, undefined, { ref: false });
  for (const close of closers.splice(0).reverse()) {
    const closed = close().catch((error) => log.debug({ error }, 'closing failed'));
    await Promise.race([closed, late]);
  }
}
