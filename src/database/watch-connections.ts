import { connect, type Socket } from 'node:net';
import type pg from 'pg';
import { codeOf } from '../errors.ts';

const CHECK_EVERY_MS = 10_000;
const CONNECTED_WITHIN_MS = 20_000;
/** What says that a server is gone. Other failures are of this machine, such as EMFILE when it may open no more files. */
const GONE = /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|E(?:HOST|NET)(?:UNREACH|DOWN))$/;

/** A client with its socket, which the driver's types leave out. */
type Client = pg.PoolClient & { readonly connection: { readonly stream: Socket } };

/**
 * Closes connections whose server vanished while something was being sent to it: the system would go on sending for some 15
 * minutes (`tcp_retries2`). A connection in use that has received nothing since the last check may just as well wait for a
 * long statement; so another one is opened to the same address, as a sign of life.
 * @param open opens the other connection
 * @returns a function that ends the checks
 */
export function watchConnections(pool: pg.Pool, open = connect): () => void {
  /** The connections in use, with the bytes received until the last check. */
  const used = new Map<Client, number>();
  pool.on('acquire', (client) => used.set(client as Client, -1));
  pool.on('release', (_error, client) => used.delete(client as Client));
  const check = (): void => {
    for (const [client, bytes] of used) {
      const { stream } = client.connection;
      if (stream.bytesRead === bytes) closeIfVanished(stream, open);
      else used.set(client, stream.bytesRead);
    }
  };
  const timer = setInterval(check, CHECK_EVERY_MS).unref();
  return () => clearInterval(timer);
}

function closeIfVanished(stream: Socket, open: typeof connect): void {
  const { remoteAddress: host, remotePort: port, bytesRead } = stream;
  // A socket file has no address, and its server cannot vanish alone.
  if (host === undefined || port === undefined) return;
  const probe = open({ host, port, timeout: CONNECTED_WITHIN_MS }).unref();
  const close = (): void => {
    probe.destroy();
    if (stream.bytesRead !== bytesRead) return;
    stream.destroy(Object.assign(new Error('its server does not answer any more'), { code: 'ETIMEDOUT' }));
  };
  probe.once('connect', () => probe.destroy());
  probe.once('timeout', close);
  probe.once('error', (error) => {
    if (GONE.test(codeOf(error))) close();
  });
}
