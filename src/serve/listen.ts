import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { SettingsError } from '../errors.ts';
import { createDashboardApp } from './app.ts';
import type { Dashboard } from './dashboard.ts';
import { isLoopback } from './guards.ts';

/** Enough for a cookie and a long address. */
const MAX_HEADER_BYTES = 16_384;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** A client that reads nothing for this long counts as gone: its connection is closed, and its report's query ends. */
const IDLE_MS = 60_000;
const MAX_CONNECTIONS = 1_000;

/** A dashboard that accepts requests. */
export interface ListeningDashboard {
  /** `http://127.0.0.1:8620` */
  readonly url: string;
  /** Stops listening and cuts open connections. */
  close(): Promise<void>;
}

/**
 * Serves the dashboard on the address in the settings.
 * @throws SettingsError when other machines can reach the address and no token is set, or when listening on it fails
 */
export async function listen(dashboard: Dashboard): Promise<ListeningDashboard> {
  const { host, port, token } = dashboard.settings.serve;
  if (!isLoopback(host) && token === undefined)
    throw new SettingsError(
      `serve.host is ${host}, which other machines can reach: set SLIMBOARD_SERVE_TOKEN to a long random text, or listen on 127.0.0.1`,
    );
  const app = createDashboardApp(dashboard);
  const server = await startServer(app.fetch, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () => closeServer(server),
  };
}

function startServer(fetch: Parameters<typeof serve>[0]['fetch'], hostname: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        hostname,
        port,
        serverOptions: {
          maxHeaderSize: MAX_HEADER_BYTES,
          headersTimeout: HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          connectionsCheckingInterval: 5_000,
        },
      },
      () => resolve(server),
    );
    if ('setTimeout' in server) server.setTimeout(IDLE_MS);
    server.maxConnections = MAX_CONNECTIONS;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use: choose another one with --port' : error.message;
      reject(new SettingsError(`cannot listen on ${hostname}:${port}: ${reason}`, { cause: error }));
    });
  });
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
