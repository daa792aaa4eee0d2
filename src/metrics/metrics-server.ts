import { createServer } from 'node:http';
import { codeOf, messageOf, SettingsError } from '../errors.ts';
import { closeServer, listenOn } from '../network/http-server.ts';
import type { Metrics } from './metrics.ts';

/** A running server of metrics. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What {@link startMetricsServer} serves, and where. */
export interface MetricsServerOptions {
  readonly metrics: Metrics;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether the process can do its work; if not, or if this rejects, `/healthz` answers 503. */
  readonly isHealthy: () => Promise<boolean>;
}

/**
 * Serves `/metrics` and `/healthz`, for processes without a dashboard: workers and schedulers.
 * @throws SettingsError when the port cannot be opened
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { metrics, host, port, isHealthy } = options;
  const routes: Readonly<Record<string, () => Promise<{ status: number; type: string; body: string }>>> = {
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
    '/healthz': async () => {
      const healthy = await isHealthy().catch(() => false);
      return { status: healthy ? 200 : 503, type: 'text/plain', body: healthy ? 'ok\n' : 'unavailable\n' };
    },
  };
  const server = createServer(async (request, response) => {
    const route = request.method === 'GET' ? routes[request.url?.split('?')[0] ?? ''] : undefined;
    const answer = await (route?.() ?? { status: 404, type: 'text/plain', body: 'not found\n' });
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
  });
  try {
    return { port: await listenOn(server, host, port), close: () => closeServer(server) };
  } catch (cause) {
    const reason = codeOf(cause) === 'EADDRINUSE' ? 'it is in use' : messageOf(cause);
    const message = `cannot serve metrics on port ${port}: ${reason}; choose another one with --metrics-port`;
    throw new SettingsError(message, { cause });
  }
}
