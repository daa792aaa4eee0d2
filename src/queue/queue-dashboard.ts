import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queue } from 'bullmq';
import { Hono } from 'hono';
import type { TaskReference } from './queue.ts';

/** Its page asks another host for fonts, which the dashboard's policy forbids; without them it shows those of the system. */
const LINKS_ELSEWHERE = /<link [^>]*href="https?:[^>]*>/g;

/**
 * Creates BullMQ's dashboard, read-only.
 * @param basePath where the caller mounts it, such as `/queues`
 */
export function createQueueDashboard(queues: readonly Queue<TaskReference>[], basePath: string): Hono {
  const adapter = new HonoAdapter(serveStatic).setBasePath(basePath);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'slimboard', hideRedisDetails: true } },
  });
  const app = new Hono();
  // The dashboard's read-only mode only hides its buttons: this refuses all requests that could change a queue.
  app.use(async (context, next) => {
    if (!['GET', 'HEAD'].includes(context.req.method)) return context.text('read-only\n', 405, { allow: 'GET, HEAD' });
    await next();
    if (context.res.headers.get('content-type')?.startsWith('text/html'))
      context.res = context.html((await context.res.text()).replace(LINKS_ELSEWHERE, ''));
    return undefined;
  });
  return app.route('/', adapter.registerPlugin() as unknown as Hono);
}
