import { buildConnector } from 'undici';
import type { HttpProxy, Proxies } from './proxies.ts';
import { type Opening, openTunnel } from './tunnel.ts';

/** Like undici's connector, which returns the socket although its type does not say so. */
export type Connector = (...call: Parameters<buildConnector.connector>) => Opening;

/**
 * What opens connections to a server for undici: directly, or through the proxy that is set for it.
 * @param options of connections; `timeout` (ms) is also that of the proxy
 * @throws SettingsError as {@link Proxies.for} does
 */
export function connectorTo(
  server: URL,
  proxies: Proxies | undefined,
  options: buildConnector.BuildOptions & { readonly timeout: number },
): Connector {
  const direct = buildConnector(options) as Connector;
  const proxy = proxies?.for(server);
  return proxy ? connectorThrough(proxy, direct, options.timeout) : direct;
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
