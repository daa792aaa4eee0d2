import { expect, test } from 'vitest';
import { closedAfterTest } from '../../support/closed-after.ts';
import { openClient, repositoryNames } from '../../support/distribution-client.ts';
import { image } from '../../support/image-builder.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { certificate, tlsFile } from '../../support/tls-fixtures.ts';

async function start(name?: string): Promise<RegistryServer> {
  const server = closedAfterTest(await startRegistry(name === undefined ? {} : { tls: certificate(name) }));
  server.push('app', '1', image());
  return server;
}

function client(server: RegistryServer, options: Parameters<typeof openClient>[1]) {
  return closedAfterTest(openClient(server.host, options));
}

test('a private certificate authority is trusted by its caFile', async () => {
  const server = await start('');
  expect(await repositoryNames(client(server, { caFile: tlsFile('cert.pem') }))).toEqual(['app']);
});

test.each([
  ['an unknown authority', '', undefined, /caFile/],
  ['a certificate for another name', 'other-', 'other-cert.pem', /for another host/],
])('%s is refused, at once', async (_name, certificate, caFile, message) => {
  const server = await start(certificate);
  const read = repositoryNames(client(server, { plainHttp: false, ...(caFile ? { caFile: tlsFile(caFile) } : {}) }));
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
  const elsewhere = closedAfterTest(openClient('registry.invalid', {}));
  await expect(repositoryNames(elsewhere)).rejects.toMatchObject({
    message: expect.stringContaining('host not found'),
  });
});

test.each([
  ['is not there', 'none.pem', /cannot read/],
  ['holds no certificate', 'README.md', /contains no certificate/],
])('a caFile that %s', (_name, file, message) => {
  expect(() => openClient('registry.example.com', { caFile: tlsFile(file) })).toThrow(message);
});
