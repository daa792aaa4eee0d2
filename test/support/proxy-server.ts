import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeServer } from '../../src/network/http-server.ts';
import { listenOnFreePort } from './free-port.ts';

export interface ProxyServerOptions {
  /** Answers every CONNECT with this status instead of a connection. */
  readonly refuseWith?: number;
  /** Never answers. */
  readonly silent?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/**
 * An HTTP proxy in the test process. Every name is one of this machine to it: `registry.example.com:5000` leads to port
 * 5000 of 127.0.0.1.
 */
export class ProxyServer {
  /** The authority that each CONNECT asked for. */
  readonly asked: string[] = [];
  /** The `Proxy-Authorization` header of each CONNECT. */
  readonly authorizations: (string | undefined)[] = [];
  readonly port: number;
  readonly #server: http.Server;
  readonly #sockets: Set<Duplex>;

  private constructor(server: http.Server, port: number, sockets: Set<Duplex>) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
  }

  static async start({ refuseWith, silent, tls }: ProxyServerOptions = {}): Promise<ProxyServer> {
    const sockets = new Set<Duplex>();
    const server = tls ? https.createServer(tls) : http.createServer();
    const proxy = new ProxyServer(server, await listenOnFreePort(server), sockets);
    server.on('connect', ({ url = '', headers }: IncomingMessage, client: Socket) => {
      proxy.asked.push(url);
      proxy.authorizations.push(headers['proxy-authorization']);
      sockets.add(client);
      client.on('error', () => undefined);
      if (silent) return;
      if (refuseWith) return void client.end(`HTTP/1.1 ${refuseWith} Refused\r\nContent-Length: 0\r\n\r\n`);
      const target = connect(Number(url.slice(url.lastIndexOf(':') + 1)), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      sockets.add(target);
      target.on('error', () => client.destroy());
    });
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await closeServer(this.#server);
  }
}
