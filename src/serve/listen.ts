import type { Server, ServerOptions } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { codeOf, messageOf, SettingsError } from '../errors.ts';
import { closeServer, listenOn } from '../network/http-server.ts';
import { createDashboardApp } from './app.ts';
import type { Dashboard } from './dashboard.ts';
import { isLoopback } from './guards.ts';

const SERVER_OPTIONS: ServerOptions = {
  // Bytes: enough for a cookie and a long address.
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 5_000,
};
/** A client that reads nothing for this long counts as gone: its connection is closed, and its report's query ends. */
const IDLE_MS = 60_000;
const MAX_CONNECTIONS = 1_000;
/** Less than the ten seconds after which `docker stop` kills. */
const CLOSING_MS = 5_000;

/** A dashboard that accepts requests. */
export interface ListeningDashboard {
  /** `http://127.0.0.1:8620` */
  readonly url: string;
  /** Stops listening, and gives requests that are being answered five seconds to end. */
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
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host, serverOptions: SERVER_OPTIONS }) as Server;
  server.setTimeout(IDLE_MS);
  server.maxConnections = MAX_CONNECTIONS;
  try {
    const opened = await listenOn(server, host, port);
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${opened}`,
      close: () => closeServer(server, CLOSING_MS),
    };
  } catch (cause) {
    const inUse = codeOf(cause) === 'EADDRINUSE';
    const reason = inUse ? 'the port is in use: choose another one with --port' : messageOf(cause);
    throw new SettingsError(`cannot listen on ${host}:${port}: ${reason}`, { cause });
  }
}
