import { type ClientRequest, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { messageOf } from '../errors.ts';
import { withoutBrackets } from './address.ts';
import { connectionError } from './connection-error.ts';
import type { HttpProxy } from './proxies.ts';

/** A proxy did not open a connection. */
export class ProxyError extends Error {
  /** `PROXY_REFUSED`: it forbids the connection, or wants other credentials. The others may pass. */
  readonly code: 'PROXY_REFUSED' | 'PROXY_FAILED' | 'PROXY_TIMEOUT';

  constructor(code: ProxyError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProxyError';
    this.code = code;
  }
}

/** Something that is being opened; destroying it ends that with an error. */
export interface Opening {
  destroy(error: Error): unknown;
}

/** The server at the far end of a tunnel. */
export interface TunnelEnd {
  /** A name, or an address with or without brackets. */
  readonly hostname: string;
  readonly port: string | number;
}

/**
 * Asks a proxy for a connection to a server.
 * @see RFC 9110, section 9.3.6, "CONNECT"
 * @param timeoutMs until the proxy has answered
 * @param done gets the socket, or a ProxyError
 */
export function openTunnel(
  proxy: HttpProxy,
  { hostname, port }: TunnelEnd,
  timeoutMs: number,
  done: (error: ProxyError | undefined, socket?: Socket) => void,
): Opening {
  const authority = `${hostname.includes(':') ? `[${withoutBrackets(hostname)}]` : hostname}:${port}`;
  const request = sendConnect(proxy, authority, timeoutMs);
  const where = `the proxy ${proxy.url.host} (${proxy.variable})`;
  const unusable = (code: ProxyError['code'], reason: string, cause?: Error): ProxyError =>
    new ProxyError(code, `${where} cannot be used: ${reason}`, { cause });
  request.once('timeout', () => request.destroy(unusable('PROXY_TIMEOUT', `no answer within ${timeoutMs / 1_000} s`)));
  request.once('error', (error) =>
    done(error instanceof ProxyError ? error : unusable('PROXY_FAILED', messageOf(connectionError(error)), error)),
  );
  request.once('connect', ({ statusCode = 0 }, socket: Socket, first: Buffer) => {
    socket.setTimeout(0);
    if (statusCode >= 200 && statusCode < 300) {
      if (first.length > 0) socket.unshift(first);
      return done(undefined, socket);
    }
    socket.destroy();
    done(refusalOf(statusCode, `${where} does not connect to ${authority} (HTTP ${statusCode})`));
  });
  request.end();
  return request;
}

function sendConnect({ url, authorization }: HttpProxy, authority: string, timeoutMs: number): ClientRequest {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return send({
    method: 'CONNECT',
    hostname: withoutBrackets(url.hostname),
    port: url.port,
    path: authority,
    headers: { host: authority, ...(authorization ? { 'proxy-authorization': authorization } : {}) },
    agent: false,
    timeout: timeoutMs,
  });
}

function refusalOf(status: number, happened: string): ProxyError {
  // Tinyproxy answers 401.
  if (status === 407 || status === 401)
    return new ProxyError('PROXY_REFUSED', `${happened}: check the user and password in its URL`);
  if (status >= 500) return new ProxyError('PROXY_FAILED', `${happened}: try again later, or check its network`);
  return new ProxyError('PROXY_REFUSED', `${happened}: allow it there, or name the host in NO_PROXY`);
}
