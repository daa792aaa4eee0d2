import type { lookup } from 'node:dns';
import http from 'node:http';
import { expect, test } from 'vitest';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import { Connections } from '../../../src/registry/connections.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { listenOnFreePort } from '../../support/free-port.ts';

/** Connections to a registry whose name is looked up anew for each request, with these answers in turn. */
async function connectTo(answers: readonly (readonly string[])[]): Promise<Connections> {
  const server = http.createServer((_request, response) => response.writeHead(200, { connection: 'close' }).end());
  const port = await listenOnFreePort(server);
  const left = [...answers];
  const resolve = ((_host: string, _options: object, done: (error: null, found: object[]) => void) =>
    done(
      null,
      (left.shift() ?? []).map((address) => ({ address, family: 4 })),
    )) as unknown as typeof lookup;
  const options = { plainHttp: true, maxConnections: 1, connectTimeoutMs: 1_000, idleTimeoutMs: 1_000 };
  const connections = new Connections(parseRegistryHost(`registry.example.com:${port}`), options, resolve);
  closedAfterTest(server, connections);
  return connections;
}

const INSIDE = new URL('http://127.0.0.1:9/');

test('a registry that has ever had a public address leads to no private address', async () => {
  const connections = await connectTo([['127.0.0.1', '192.0.2.1'], ['127.0.0.1']]);
  for (const path of ['/first', '/second']) {
    const { body } = await connections.poolFor(connections.base).request({ path, method: 'GET' });
    await body.dump();
    expect(() => connections.poolFor(INSIDE)).toThrow(expect.objectContaining({ code: 'malformed-content' }));
  }
});

test('a registry with private addresses only may lead to private addresses', async () => {
  const connections = await connectTo([['127.0.0.1']]);
  expect(() => connections.poolFor(INSIDE)).toThrow(expect.objectContaining({ code: 'malformed-content' }));
  const { body } = await connections.poolFor(connections.base).request({ path: '/', method: 'GET' });
  await body.dump();
  expect(connections.poolFor(INSIDE)).toBeDefined();
});
