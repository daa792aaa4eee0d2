import { createServer } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { postWebhook } from '../../../src/deliver/webhook.ts';
import { writeTo } from '../../../src/deliver/write-destination.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import { Proxies } from '../../../src/network/proxies.ts';
import type { ConnectionOptions } from '../../../src/registry/connections.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { collect } from '../../support/collect.ts';
import { openClient, repositoryNames } from '../../support/distribution-client.ts';
import { useEcr } from '../../support/ecr.ts';
import { eventually } from '../../support/eventually.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { image } from '../../support/image-builder.ts';
import { ProxyServer, type ProxyServerOptions } from '../../support/proxy-server.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { certificate, tlsFile } from '../../support/tls-fixtures.ts';

const ecr = useEcr();
const startProxy = async (options?: ProxyServerOptions) => closedAfterTest(await ProxyServer.start(options));

async function startServer(name?: string): Promise<RegistryServer> {
  const server = closedAfterTest(await startRegistry(name === undefined ? {} : { tls: certificate(name) }));
  server.push('app', '1', image());
  return server;
}

/** Variables that name the proxy for both schemes. */
function through({ port }: ProxyServer, { scheme = 'http', user = '' } = {}): Record<string, string> {
  const url = `${scheme}://${user}${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${port}`;
  return { HTTP_PROXY: url, HTTPS_PROXY: url };
}

/** A client for a server of this machine under a name that only the proxy resolves. */
function clientFor(
  server: RegistryServer,
  environment: Record<string, string>,
  options: Pick<ConnectionOptions, 'caFile' | 'connectTimeoutMs'> = {},
): Registry {
  const plainHttp = options.caFile === undefined;
  const proxies = new Proxies(environment);
  return closedAfterTest(
    openClient(`other.example.com:${server.host.split(':')[1]}`, { plainHttp, proxies, ...options }),
  );
}

describe('a registry behind a proxy', () => {
  test('is read over plain HTTP, with the proxy’s user and password', async () => {
    const [server, proxy] = [await startServer(), await startProxy()];
    const client = clientFor(server, through(proxy, { user: 'me:hunter2@' }));
    expect(await repositoryNames(client)).toEqual(['app']);
    expect(proxy.asked).toEqual([`other.example.com:${server.host.split(':')[1]}`]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:hunter2').toString('base64')}`]);
    expect(JSON.stringify(server.requests)).not.toMatch(/proxy/i);
  });

  test('is read over TLS, which reaches through the proxy to its certificate', async () => {
    const [server, proxy] = [await startServer('other-'), await startProxy()];
    const caFile = tlsFile('other-cert.pem');
    expect(await repositoryNames(clientFor(server, through(proxy), { caFile }))).toEqual(['app']);
    const wrong = clientFor(server, through(proxy), { caFile: tlsFile('cert.pem') });
    await expect(repositoryNames(wrong)).rejects.toMatchObject({ message: expect.stringMatching(/caFile/) });
  });

  test('keeps its connections open between requests', async () => {
    const [server, proxy] = [await startServer(), await startProxy()];
    const client = clientFor(server, through(proxy));
    for (let listed = 0; listed < 5; listed++) await repositoryNames(client);
    expect(server.count()).toBeGreaterThanOrEqual(5);
    // undici gives a connection back after its answer is read: the next request may open a second one.
    expect(proxy.asked.length).toBeLessThanOrEqual(2);
  });

  test('is not asked through the proxy if NO_PROXY names it', async () => {
    const [server, proxy] = [await startServer(), await startProxy()];
    const client = clientFor(server, { ...through(proxy), NO_PROXY: 'example.com' });
    await expect(repositoryNames(client)).rejects.toMatchObject({ code: 'registry-unavailable' });
    expect(proxy.asked).toEqual([]);
  });

  test.each([
    [407, 1, /: check the user and password in its URL$/],
    [401, 1, /: check the user and password in its URL$/],
    [403, 1, /: allow it there, or name the host in NO_PROXY$/],
    [502, 4, /: try again later, or check its network$/],
  ])('cannot be read if the proxy answers %i, which ends after %i attempts', async (refuseWith, attempts, advice) => {
    const [server, proxy] = [await startServer(), await startProxy({ refuseWith })];
    const error = await repositoryNames(clientFor(server, through(proxy, { user: 'me:hunter2@' }))).catch(
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: 'registry-unavailable', message: expect.stringMatching(advice) });
    expect(String(error)).toContain(
      `the proxy 127.0.0.1:${proxy.port} (HTTP_PROXY) does not connect to other.example.com:`,
    );
    expect(String(error)).not.toContain('hunter2');
    expect(proxy.asked).toHaveLength(attempts);
  });

  test('cannot be read if there is no proxy at the address', async () => {
    const proxy = await ProxyServer.start();
    await proxy.close();
    await expect(repositoryNames(clientFor(await startServer(), through(proxy)))).rejects.toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringMatching(/the proxy \S+ \(HTTP_PROXY\) cannot be used: connect ECONNREFUSED/),
    });
  });

  test('cannot be read if the proxy does not answer in time', async () => {
    const [server, proxy] = [await startServer(), await startProxy({ silent: true })];
    const client = clientFor(server, through(proxy), { connectTimeoutMs: 20 });
    await expect(repositoryNames(client)).rejects.toMatchObject({
      message: expect.stringMatching(/the proxy \S+ \(HTTP_PROXY\) cannot be used: no answer within 0.02 s/),
    });
  });

  test('does not keep a client open whose proxy never answers', async () => {
    const [server, proxy] = [await startServer(), await startProxy({ silent: true })];
    const client = clientFor(server, through(proxy));
    const listing = repositoryNames(client);
    await eventually(() => expect(proxy.asked).not.toEqual([]));
    await client.close();
    await expect(listing).rejects.toThrow();
  });
});

test('a proxy that speaks TLS is used', async () => {
  const proxy = await startProxy({ tls: certificate() });
  const error = await repositoryNames(clientFor(await startServer(), through(proxy, { scheme: 'https' }))).catch(
    (failure: Error) => failure,
  );
  // Its certificate is checked: an authority of one's own is named by NODE_EXTRA_CA_CERTS, which only counts at the start.
  expect(String(error)).toMatch(/the proxy localhost:\d+ \(HTTP_PROXY\) cannot be used: self-signed certificate/);
});

test('Amazon ECR, and STS before it, are asked through the proxy', async () => {
  const [fake, proxy] = [await ecr.start(), await startProxy()];
  fake.createRepository('api');
  const elsewhere = fake.url.replace('127.0.0.1', 'api.ecr.example.com');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', fake.url.replace('127.0.0.1', 'sts.example.com'));
  const registry = await ecr.open(fake, {
    endpoint: elsewhere,
    assumeRole: 'arn:aws:iam::123456789012:role/slimboard-audit',
    proxies: new Proxies(through(proxy)),
  });
  expect(await collect(registry.listRepositories({}))).toHaveLength(1);
  expect(proxy.asked.map((authority) => authority.split(':')[0]).sort()).toEqual([
    'api.ecr.example.com',
    'sts.example.com',
  ]);
});

test('a proxy that refuses is named in ECR’s failure', async () => {
  const [fake, proxy] = [await ecr.start(), await startProxy({ refuseWith: 407 })];
  const endpoint = fake.url.replace('127.0.0.1', 'api.ecr.example.com');
  const registry = await ecr.open(fake, { endpoint, proxies: new Proxies(through(proxy)) });
  await expect(collect(registry.listRepositories({}))).rejects.toMatchObject({
    code: 'registry-unavailable',
    message: expect.stringMatching(/^ecr:DescribeRepositories on \*: the proxy \S+ \(HTTP_PROXY\) does not connect/),
  });
});

describe('what is delivered', () => {
  /** A server that accepts everything, under a name that only the proxy resolves. */
  async function startSink(): Promise<{ readonly url: string; readonly paths: readonly string[] }> {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? '');
      request.resume().on('end', () => response.writeHead(200, { etag: '"e"' }).end());
    });
    const port = await listenOnFreePort(server);
    closedAfterTest({ close: () => closeServer(server) });
    return { url: `http://sink.example.com:${port}`, paths };
  }
  const { signal } = new AbortController();

  test('reaches a webhook through the proxy', async () => {
    const [sink, proxy] = [await startSink(), await startProxy()];
    const message = { event: 'finished', id: '7-finished', body: '{}' };
    const options = { signal, timestamp: 0, delaysMs: [] };
    await postWebhook({ url: `${sink.url}/hook` }, message, { ...options, proxies: new Proxies(through(proxy)) });
    expect(sink.paths).toEqual(['/hook']);
    const refusing = await startProxy({ refuseWith: 403 });
    const refused = postWebhook({ url: sink.url }, message, { ...options, proxies: new Proxies(through(refusing)) });
    await expect(refused).rejects.toThrow(/did not accept "finished": the proxy \S+ \(HTTP_PROXY\) does not connect/);
  });

  test('reaches S3 through the proxy', async () => {
    const [sink, proxy] = [await startSink(), await startProxy()];
    const environment = { ...through(proxy), AWS_ENDPOINT_URL_S3: sink.url, AWS_REGION: 'eu-west-1' };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await writeTo({ kind: 's3', bucket: 'reports', key: 'a.csv' }, ['a,b\r\n'], { contentType: 'text/csv', signal });
    expect(sink.paths).toEqual(['/reports/a.csv?x-id=PutObject']);
    expect(proxy.asked).toEqual([new URL(sink.url).host]);
  });
});
