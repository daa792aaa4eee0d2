import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { openClient, repositoryNames } from '../../support/distribution-client.ts';
import { image } from '../../support/image-builder.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const FIXTURES = new URL('../../fixtures/tls/', import.meta.url);
const path = (name: string): string => new URL(name, FIXTURES).pathname;
const tls = (name: string) => ({
  key: readFileSync(path(`${name}key.pem`), 'utf8'),
  cert: readFileSync(path(`${name}cert.pem`), 'utf8'),
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

async function start(certificate?: string): Promise<RegistryServer> {
  const server = await startRegistry(certificate === undefined ? {} : { tls: tls(certificate) });
  server.push('app', '1', image());
  open.push(server);
  return server;
}

function client(server: RegistryServer, options: Parameters<typeof openClient>[1]) {
  const opened = openClient(server.host, options);
  open.push(opened);
  return opened;
}

test('a private certificate authority is trusted by its caFile', async () => {
  const server = await start('');
  expect(await repositoryNames(client(server, { caFile: path('cert.pem') }))).toEqual(['app']);
});

test.each([
  ['an unknown authority', '', undefined, /caFile/],
  ['a certificate for another name', 'other-', 'other-cert.pem', /for another host/],
])('%s is refused, at once', async (_name, certificate, caFile, message) => {
  const server = await start(certificate);
  const read = repositoryNames(client(server, { plainHttp: false, ...(caFile ? { caFile: path(caFile) } : {}) }));
  await expect(read).rejects.toMatchObject({ code: 'registry-unavailable', message: expect.stringMatching(message) });
  expect(server.count()).toBe(0);
});

test('plain HTTP where HTTPS is expected is an error that says so', async () => {
  const read = repositoryNames(client(await start(), { plainHttp: false }));
  await expect(read).rejects.toMatchObject({ message: expect.stringContaining('--plain-http') });
});

test('plain HTTP is the default for loopback only', async () => {
  const server = await start();
  expect(await repositoryNames(client(server, {}))).toEqual(['app']);
  const elsewhere = openClient('registry.invalid', {});
  open.push(elsewhere);
  await expect(repositoryNames(elsewhere)).rejects.toMatchObject({
    message: expect.stringContaining('host not found'),
  });
});

test.each([
  ['is not there', 'none.pem', /cannot read/],
  ['holds no certificate', 'README.md', /contains no certificate/],
])('a caFile that %s', (_name, file, message) => {
  expect(() => openClient('registry.example.com', { caFile: path(file) })).toThrow(message);
});
