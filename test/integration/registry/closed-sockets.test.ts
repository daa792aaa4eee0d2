import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import { Connections } from '../../../src/registry/connections.ts';
import { listenOnFreePort } from '../../support/free-port.ts';

test('connections that a registry has closed are not kept in memory', async () => {
  const server = createServer((_request, response) => response.setHeader('connection', 'close').end());
  const connections = new Connections(parseRegistryHost(`127.0.0.1:${await listenOnFreePort(server)}`), {});
  const pool = connections.poolFor(connections.base);
  const before = queryObjects(Socket, { format: 'count' });
  for (let sent = 0; sent < 100; sent++) await (await pool.request({ method: 'GET', path: '/' })).body.dump();
  expect(queryObjects(Socket, { format: 'count' })).toBeLessThan(before + 20);
  await connections.close();
  server.close();
});
