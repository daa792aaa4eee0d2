import { afterEach, expect, test } from 'vitest';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import { Connections, shareConnections } from '../../../src/registry/connections.ts';
import { tlsFile } from '../../support/tls-fixtures.ts';

const TIMES = { maxConnections: 1, connectTimeoutMs: 1_000, idleTimeoutMs: 1_000 };
let connections: Connections | undefined;
afterEach(() => connections?.close());

function connectionsTo(registry: string): Connections {
  connections = new Connections(parseRegistryHost(registry), TIMES);
  return connections;
}

test.each([
  'https://localhost:5000/',
  'https://[fd00::1]/',
  'https://169.254.169.254/latest/meta-data/',
  // As browsers and curl read them: 127.0.0.1.
  'https://2130706433/',
])('a public registry may not lead to %s', (address) => {
  expect(() => connectionsTo('registry.example.com').poolFor(new URL(address))).toThrow(
    expect.objectContaining({ code: 'malformed-content' }),
  );
});

test.each([
  ['10.0.0.1:5000', 'https://10.0.0.2/', true],
  ['10.0.0.1:5000', 'https://blobs.example.com/', true],
  ['10.0.0.1:5000', 'https://127.0.0.1/', false],
  ['127.0.0.1:5000', 'https://10.0.0.1/', true],
  ['127.0.0.1:5000', 'https://169.254.169.254/', false],
])('the registry %s may lead to %s: %s', (registry, address, may) => {
  const open = (): unknown => connectionsTo(registry).poolFor(new URL(address));
  if (may) expect(open()).toBeDefined();
  else expect(open).toThrow(expect.objectContaining({ code: 'malformed-content' }));
});

test('connections are shared for the same registry and options only', async () => {
  const connect = shareConnections();
  const registry = parseRegistryHost('registry.example.com');
  const shared = connect(registry, TIMES);
  const others = [
    connect(parseRegistryHost('mirror.example.com'), TIMES),
    connect(registry, { ...TIMES, plainHttp: true }),
    connect(registry, { ...TIMES, maxConnections: 2 }),
    connect(registry, { ...TIMES, certFile: tlsFile('cert.pem'), keyFile: tlsFile('key.pem') }),
  ];
  expect(connect(registry, { ...TIMES })).toBe(shared);
  expect(new Set([shared, ...others]).size).toBe(5);
  // Each of its sources closes it.
  await Promise.all([shared, shared, ...others].map((one) => one.close()));
});

test('a registry that leads to ever new origins holds connections to sixteen: the oldest are closed', () => {
  const opened = connectionsTo('registry.example.com');
  const poolOf = (host: number) => opened.poolFor(new URL(`https://blobs-${host}.example.com/`));
  const pools = Array.from({ length: 16 }, (_, host) => poolOf(host));
  expect(pools.map(({ closed }) => closed)).not.toContain(true);
  poolOf(16);
  expect(pools.map(({ closed }) => closed)).toEqual(pools.map((_, host) => host === 0));
  expect(poolOf(1)).toBe(pools[1]);
});
