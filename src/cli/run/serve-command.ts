import type { Hono } from 'hono';
import { openStore } from '../../app/open-store.ts';
import { reportRarely } from '../../common/report-rarely.ts';
import { untilAborted } from '../../common/until-aborted.ts';
import { readAssets } from '../../html/assets.ts';
import { createMetrics } from '../../metrics/metrics.ts';
import { listen } from '../../serve/listen.ts';
import { readAuditAges } from '../../store/queued-audit-store.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Session } from '../prepare.ts';

/** Serves the dashboard until the process is told to end. */
export async function serveCommand(session: Session): Promise<ExitCode> {
  const { io, log, settings } = session;
  const db = await openStore(settings, 'read');
  const queues = await openQueues(session);
  try {
    const metrics = createMetrics({ audits: () => readAuditAges(db) });
    const server = await listen({
      db,
      log,
      metrics,
      assets: readAssets(),
      settings,
      now: io.now,
      queues: queues?.app,
    });
    io.stdout.write(`${server.url}\n`);
    await untilAborted(io.signal);
    await server.close();
    return EXIT.done;
  } finally {
    await queues?.close();
    await db.close();
  }
}

/** Opens the dashboard of the queues. Returns undefined if no Redis is set or it does not answer. */
async function openQueues({
  settings: { redisUrl },
  log,
}: Session): Promise<{ readonly app: Hono; close(): Promise<void> } | undefined> {
  if (redisUrl === undefined) return undefined;
  const { connectRedis } = await import('../../queue/redis-connection.ts');
  const { BullmqQueue } = await import('../../queue/bullmq-queue.ts');
  const { createQueueDashboard } = await import('../../queue/queue-dashboard.ts');
  const onError = reportRarely((failure) => log.warn(failure, 'the queues cannot be shown'));
  const redis = await connectRedis(redisUrl, onError).catch(onError);
  if (!redis) return undefined;
  const queue = new BullmqQueue({ redis, onError });
  return {
    app: createQueueDashboard(queue.queues, '/queues'),
    async close() {
      await queue.close().catch(() => undefined);
      redis.disconnect();
    },
  };
}
