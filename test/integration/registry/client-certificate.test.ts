import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { closeServer } from '../../../src/network/http-server.ts';
import { Proxies } from '../../../src/network/proxies.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { openClient, repositoryNames, repositoryOf } from '../../support/distribution-client.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { image } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { ProxyServer } from '../../support/proxy-server.ts';
import { json } from '../../support/registry-answers.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { certificate, tlsFile } from '../../support/tls-fixtures.ts';

const read = (name: string): string => readFileSync(tlsFile(name), 'utf8');
/** The server's certificate is for this machine; clients have the one for another host, which is as good as any. */
const SERVER = certificate();
const ASKING = { ...SERVER, requestCert: true, ca: [read('other-cert.pem')] };
const CA = { caFile: tlsFile('cert.pem') };
const CLIENT = { certFile: tlsFile('other-cert.pem'), keyFile: tlsFile('other-key.pem') };
const SERVERS_OWN = { certFile: tlsFile('cert.pem'), keyFile: tlsFile('key.pem') };

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => void vi.useRealTimers());

async function startAsking(tls: https.ServerOptions = {}): Promise<RegistryServer> {
  const server = closedAfterTest(await startRegistry({ tls: { ...ASKING, ...tls } }));
  server.push('app', '1', image());
  return server;
}

function client(server: RegistryServer, options: Parameters<typeof openClient>[1]) {
  return closedAfterTest(openClient(server.host, { ...CA, ...options }));
}

/** An HTTPS server that asks for a certificate and accepts any, or none. */
async function startListener() {
  /** The names of the certificates that it was shown. */
  const shown = new Set<unknown>();
  const options = { ...SERVER, requestCert: true, rejectUnauthorized: false };
  const server = https.createServer(options, (request, response) => {
    shown.add(nameOf(request.socket as TLSSocket));
    json(response, 200, { token: 'a-token' });
  });
  const port = await listenOnFreePort(server);
  closedAfterTest({ close: () => closeServer(server) });
  return { url: `https://127.0.0.1:${port}`, shown };
}

function nameOf(socket: TLSSocket): unknown {
  return socket.getPeerCertificate().subject?.CN;
}

describe('a registry that asks for a client certificate', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('is read with it, by %s', async (maxVersion) => {
    const server = await startAsking({ maxVersion });
    expect(await repositoryNames(client(server, CLIENT))).toEqual(['app']);
  });

  test('is read with it through a proxy, which does not see it', async () => {
    const tls = { ...certificate('other-'), ca: [SERVER.cert] };
    const [server, proxy] = [await startAsking(tls), closedAfterTest(await ProxyServer.start())];
    const proxies = new Proxies({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    const files = { caFile: tlsFile('other-cert.pem'), ...SERVERS_OWN, proxies };
    const host = `other.example.com:${server.host.split(':')[1]}`;
    expect(await repositoryNames(closedAfterTest(openClient(host, files)))).toEqual(['app']);
    expect(proxy.asked).toEqual([host]);
  });

  test.each([
    ['TLSv1.2', /certFile/],
    // Now and then the system tells of the closed connection before the alert is read.
    ['TLSv1.3', /asks for a client certificate( that it trusts \(\w+\): |, )name one .* certFile/],
  ] as const)('says so, by %s, if it is shown none', async (maxVersion, message) => {
    const server = await startAsking({ maxVersion });
    const failure = { code: 'registry-unavailable', message: expect.stringMatching(message) };
    await expect(repositoryNames(client(server, {}))).rejects.toMatchObject(failure);
  });

  test.each(['No required SSL certificate was sent', 'The SSL certificate error'])(
    'may answer with a page of nginx, %s',
    async (title) => {
      const server = await startAsking();
      server.fault({}, (_request, response) => {
        response.writeHead(400, { 'content-type': 'text/html' });
        response.end(`<html>\r\n<head><title>400 ${title}</title></head>\r\n<body>\r\n`);
      });
      const error = await repositoryNames(client(server, CLIENT)).catch((failure: unknown) => failure);
      expect(error).toMatchObject({
        code: 'authentication',
        message: expect.stringMatching(/: it asks for a client certificate that it trusts: name one/),
      });
    },
  );

  test('is shown the renewed one over new connections, and the last good one while files are replaced', async () => {
    const server = await startAsking({ rejectUnauthorized: false });
    const shown: unknown[] = [];
    server.fault({}, (request, response, next) => {
      shown.push(nameOf(request.socket as TLSSocket));
      response.setHeader('connection', 'close');
      next();
    });
    const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    const copy = (file: 'certFile' | 'keyFile', from: string) => writeFileSync(files[file], read(from));
    copy('certFile', 'other-cert.pem');
    copy('keyFile', 'other-key.pem');
    const notes: string[] = [];
    const registry = client(server, { ...files, onNote: (note) => notes.push(note) });
    await repositoryNames(registry);
    copy('certFile', 'cert.pem');
    await repositoryNames(registry);
    await repositoryNames(registry);
    copy('keyFile', 'key.pem');
    await repositoryNames(registry);
    expect(shown).toEqual(['slimboard other', 'slimboard other', 'slimboard other', 'slimboard test']);
    const reason = `keyFile ${files.keyFile} is not the key of certFile ${files.certFile}`;
    expect(notes).toEqual([`${reason}; the files as they were before remain in use`]);
  });

  test('is read with it as the settings say', async () => {
    const server = await startAsking();
    const files = Object.entries({ ...CA, ...CLIENT }).map(([key, file]) => `${key}: ${file}`);
    writeFileSync(
      join(folder, 'slimboard.yaml'),
      `sources: [{ name: own, kind: oci, registry: "${server.host}", ${files.join(', ')} }]\n`,
    );
    expect(await runInProcess(folder, ['inspect', `${server.host}/app:1`])).toMatchObject({ code: 0 });
  });
});

test('the certificate goes where the password goes: to the token server, and to no host of a redirect', async () => {
  const [server, tokens, storage] = [await startAsking(), await startListener(), await startListener()];
  server.fault({}, ({ headers }, response, next) => {
    if (headers.authorization === 'Bearer a-token') return next();
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}/",service="s"` }).end();
  });
  server.fault({ path: /blobs/ }, (_request, response) =>
    response.writeHead(307, { location: `${storage.url}/blob` }).end(),
  );
  const registry = client(server, CLIENT);
  expect(await repositoryNames(registry)).toEqual(['app']);
  const blob = { mediaType: 'application/octet-stream', digest: digestOf('a'), size: 1_000, annotations: {} };
  const stream = await registry.openBlob(repositoryOf(server.host, 'app'), blob, {});
  stream.destroy();
  expect([[...tokens.shown], [...storage.shown]]).toEqual([['slimboard other'], [undefined]]);
});

describe('files that cannot be used are named', () => {
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;

  test.each([
    [
      'a certificate that is not there',
      { ...CLIENT, certFile: '/none.pem' },
      /^cannot read certFile \/none.pem \(ENOENT\): check/,
    ],
    [
      'a key that is not there',
      { ...CLIENT, keyFile: '/none.pem' },
      /^cannot read keyFile \/none.pem \(ENOENT\): check/,
    ],
    [
      'a certificate in place of the key',
      { ...CLIENT, keyFile: CLIENT.certFile },
      /^keyFile \S+ contains no private key/,
    ],
    [
      'a key in place of the certificate',
      { ...CLIENT, certFile: CLIENT.keyFile },
      /^certFile \S+ contains no certificate/,
    ],
    [
      'the key of another certificate',
      { ...CLIENT, keyFile: tlsFile('key.pem') },
      /^keyFile \S+ is not the key of certFile/,
    ],
  ])('%s', async (_name, files, message) => {
    expect(() => openClient('registry.example.com', files)).toThrow(
      expect.objectContaining({ code: 'settings', message: expect.stringMatching(message) }),
    );
  });

  test('an encrypted key', () => {
    const keyFile = join(folder, 'key.pem');
    writeFileSync(keyFile, createPrivateKey(read('other-key.pem')).export(encrypted));
    expect(() => openClient('registry.example.com', { ...CLIENT, keyFile })).toThrow(
      `keyFile ${keyFile} is encrypted: write the key without a passphrase`,
    );
  });

  test.each(['caFile', 'certFile', 'keyFile'] as const)('damaged PEM in %s', (name) => {
    const file = join(folder, 'damaged.pem');
    const pem = read(name === 'keyFile' ? 'other-key.pem' : 'other-cert.pem');
    writeFileSync(file, pem.replace('-----\n', '-----\nAAAA'));
    expect(() => openClient('registry.example.com', { ...CLIENT, [name]: file })).toThrow(
      expect.objectContaining({ code: 'settings', message: expect.stringContaining(`${name} ${file}`) }),
    );
  });

  test('a certificate whose time is over', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2200-01-01') });
    expect(() => openClient('registry.example.com', CLIENT)).toThrow(
      /^certFile \S+ has expired on Oct 31 .* 2126 GMT: renew the certificate$/,
    );
  });
});
