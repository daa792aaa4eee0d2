import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { SettingsError } from '../errors.ts';
import { createDashboardApp } from './app.ts';
import type { Dashboard } from './dashboard.ts';
import { isLoopback } from './guards.ts';

/** Headers of so many bytes are enough for a cookie and a long address. */
const MAX_HEADER_BYTES = 16_384;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 15_000;
/** A reader that takes nothing for so long is gone; what it was sent is stopped. */
const IDLE_MS = 60_000;
const MAX_CONNECTIONS = 1_000;

export interface ListeningDashboard {
  /** `http://127.0.0.1:8620` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on the address of the settings.
 * @throws SettingsError when others could reach it and there is no token, or the address cannot be had
 */
export async function listen(dashboard: Dashboard): Promise<ListeningDashboard> {
  const { host, port, token } = dashboard.settings.serve;
  if (!isLoopback(host) && token === undefined)
    throw new SettingsError(
      `serve.host is ${host}, which others can reach: set SLIMBOARD_SERVE_TOKEN to a long random text, or listen on 127.0.0.1`,
    );
  const app = createDashboardApp(dashboard);
  const server = await started(app.fetch, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () => closed(server),
  };
}

function started(fetch: Parameters<typeof serve>[0]['fetch'], hostname: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        hostname,
        port,
        serverOptions: {
          maxHeaderSize: MAX_HEADER_BYTES,
          headersTimeout: HEADERS_WITHIN_MS,
          requestTimeout: REQUEST_WITHIN_MS,
          connectionsCheckingInterval: 5_000,
        },
      },
      () => resolve(server),
    );
    if ('setTimeout' in server) server.setTimeout(IDLE_MS);
    server.maxConnections = MAX_CONNECTIONS;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is in use: choose another one by --port' : `failed: ${error.message}`;
      reject(new SettingsError(`listening on ${hostname}:${port} ${reason}`, { cause: error }));
    });
  });
}

function closed(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
