import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import { rememberLast } from '../common/remember.ts';
import type { HttpProxy, Proxies } from './proxies.ts';
import type { ReadTlsContext } from './tls-files.ts';
import { type Opening, openTunnel } from './tunnel.ts';

/** Like undici's connector, which returns the socket although its type does not say so. */
export type Connector = (...call: Parameters<buildConnector.connector>) => Opening;

/** Of `node:tls`, without the context. */
export type ConnectorOptions = buildConnector.BuildOptions & { readonly timeout: number };

/**
 * What opens connections to a server for undici: directly, or through the proxy that is set for it.
 * @param options of connections; `timeout` (ms) is also that of the proxy
 * @param tls the context of each connection; default: that of Node.js
 * @throws SettingsError as {@link Proxies.for} does
 */
export function connectorTo(
  server: URL,
  proxies: Proxies | undefined,
  options: ConnectorOptions,
  tls: ReadTlsContext = () => undefined,
): Connector {
  const connectorWith = rememberLast(
    (secureContext: SecureContext | undefined) => buildConnector({ ...options, secureContext }) as Connector,
  );
  const direct: Connector = (target, done) =>
    connectorWith(tls())(target, (...result) => {
      if (result[1]) keepFirstError(result[1]);
      done(...result);
    });
  const proxy = proxies?.for(server);
  return proxy ? connectorThrough(proxy, direct, options.timeout) : direct;
}

/** undici tells of the last error, that the server closed the connection; the first may be the TLS alert that says why. */
function keepFirstError(socket: Socket): void {
  socket.once('error', (first) => socket.on('error', (last) => (last.cause ??= first)));
}

/** Opens connections through a proxy, and speaks TLS with the server at the far end. */
function connectorThrough(proxy: HttpProxy, connect: Connector, timeoutMs: number): Connector {
  return (target, done) => {
    const isSecure = target.protocol === 'https:';
    const end = { hostname: target.hostname, port: target.port || (isSecure ? 443 : 80) };
    let opening = openTunnel(proxy, end, timeoutMs, (error, httpSocket) => {
      if (error || !httpSocket) done(error ?? new Error('no socket'), null);
      else if (isSecure) opening = connect({ ...target, httpSocket }, done);
      else done(null, httpSocket);
    });
    return { destroy: (error) => opening.destroy(error) };
  };
}
