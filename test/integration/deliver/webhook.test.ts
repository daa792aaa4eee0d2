import { createServer, type RequestListener, type Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { text } from 'node:stream/consumers';
import timers from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { postWebhook, signatureOf } from '../../../src/deliver/webhook.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import { Proxies } from '../../../src/network/proxies.ts';
import { notifyEndpoint } from '../../../src/settings/notify-endpoint.ts';
import type { NotifySettings } from '../../../src/settings/settings.ts';
import { freePort, listenOnFreePort } from '../../support/free-port.ts';

let server: Server;
let url: string;
/** No status: the connection is cut instead. */
let answers: { status: number | undefined; headers?: Record<string, string> }[];
let received: { headers: Record<string, unknown>; body: string }[];

beforeEach(async () => {
  answers = [];
  received = [];
  server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    const { status, headers = {} } = answers.shift() ?? { status: 204 };
    if (status === undefined) request.socket.destroy();
    else response.writeHead(status, headers).end('some text');
  });
  url = `http://127.0.0.1:${await listenOnFreePort(server)}/hook?key=hunter2`;
});
afterEach(() => closeServer(server));

const message = { event: 'finished', id: '7-finished', body: '{"a":1}' };
const options = {
  signal: new AbortController().signal,
  timestamp: 1_700_000_000,
  delaysMs: [0, 0],
  proxies: new Proxies({}),
};

test('a message is signed, and has an id that distinguishes it from others', async () => {
  await postWebhook({ url, secret: 'key' }, message, options);
  expect(received).toMatchObject([
    {
      body: '{"a":1}',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'slimboard',
        'x-slimboard-event': 'finished',
        'x-slimboard-delivery': '7-finished',
        'x-slimboard-timestamp': '1700000000',
        'x-slimboard-signature': signatureOf('key', 1_700_000_000, '{"a":1}'),
      },
    },
  ]);
});

test('a user and a password in the URL reach the endpoint as a header', async () => {
  const notify: NotifySettings = { kind: 'webhook', urlFrom: 'HOOK_URL', on: ['finished'] };
  const endpoint = notifyEndpoint(notify, { HOOK_URL: url.replace('http://', 'http://me:hunter2@') });
  await postWebhook(endpoint, message, options);
  expect(received).toMatchObject([
    { headers: { authorization: `Basic ${Buffer.from('me:hunter2').toString('base64')}` } },
  ]);
});

test('without a secret there is no signature', async () => {
  await postWebhook({ url }, message, options);
  expect(received[0]?.headers).not.toHaveProperty('x-slimboard-signature');
});

test.each([500, 503, 429, 425, 408, undefined])(
  '%s (undefined: no answer) is retried, with the same id',
  async (status) => {
    answers = [{ status }, { status }];
    await postWebhook({ url }, message, options);
    expect(received.map(({ headers }) => headers['x-slimboard-delivery'])).toEqual(Array(3).fill('7-finished'));
  },
);

test('an endpoint that fails is asked four times, with growing pauses', async () => {
  const pauses = vi.spyOn(timers, 'setTimeout').mockResolvedValue(undefined);
  syncBuiltinESMExports();
  onTestFinished(() => {
    pauses.mockRestore();
    syncBuiltinESMExports();
  });
  answers = Array(4).fill({ status: 503 });
  await expect(postWebhook({ url }, message, { ...options, delaysMs: undefined })).rejects.toThrow('HTTP 503');
  expect(received).toHaveLength(4);
  expect(pauses.mock.calls.map(([delayMs]) => delayMs)).toEqual([500, 2_000, 8_000]);
});

test.each([
  ['a refusal', { status: 403 }, 1, /did not accept "finished": it answered HTTP 403/],
  [
    'a redirect, which is not followed',
    { status: 307, headers: { location: 'http://169.254.169.254/' } },
    1,
    /answered HTTP 307/,
  ],
])('%s is final', async (_, answer, requests, error) => {
  answers = [answer];
  await expect(postWebhook({ url }, message, options)).rejects.toThrow(error);
  expect(received).toHaveLength(requests);
});

test.each([
  ['the answer', undefined],
  ['its next attempt', 500],
])('a message that is stopped does not wait for %s', async (_, status) => {
  const stop = new AbortController();
  const answering = server.listeners('request')[0] as RequestListener;
  answers = [{ status: status ?? 204 }];
  server.removeAllListeners('request').on('request', (request, response) => {
    if (status === undefined) return stop.abort();
    response.once('finish', () => setImmediate(setImmediate, () => stop.abort()));
    answering(request, response);
  });
  const posted = postWebhook({ url }, message, {
    ...options,
    signal: stop.signal,
    delaysMs: status === undefined ? [] : [3_600_000],
  });
  await expect(posted).rejects.toMatchObject({ name: 'AbortError' });
});

test('an endpoint has ten seconds to answer, and the error tells so', async () => {
  const { timeout } = AbortSignal;
  const limits = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout.call(AbortSignal, 1));
  onTestFinished(() => limits.mockRestore());
  server.removeAllListeners('request');
  const posted = postWebhook({ url }, message, { ...options, delaysMs: [] });
  await expect(posted).rejects.toThrow('did not accept "finished": no answer within 10 s');
  expect(limits).toHaveBeenCalledExactlyOnceWith(10_000);
});

test('no connection stays open, however often the message was refused', async () => {
  // Fetch would otherwise close it by itself, after four seconds.
  server.keepAliveTimeout = 3_600_000;
  answers = [{ status: 500 }, { status: 500 }];
  await postWebhook({ url }, message, options);
  await expect.poll(() => promisify(server.getConnections.bind(server))()).toBe(0);
});

test('an error names the host and nothing else of the URL', async () => {
  answers = Array(3).fill({ status: 500 });
  const error = await postWebhook({ url }, message, options).catch((failure: Error) => failure);
  expect(String(error)).toContain(new URL(url).host);
  expect(String(error)).not.toMatch(/hunter2|hook\?/);
  expect(received).toHaveLength(3);
});

test('an unreachable host is an expected failure', async () => {
  const port = await freePort();
  const posted = postWebhook({ url: `http://127.0.0.1:${port}/` }, message, { ...options, delaysMs: [] });
  await expect(posted).rejects.toMatchObject({
    code: 'delivery',
    message: `the webhook at 127.0.0.1:${port} did not accept "finished": no answer (ECONNREFUSED)`,
  });
});

test('a proxy that cannot be used is named', async () => {
  const port = await freePort();
  const proxies = new Proxies({ HTTP_PROXY: `http://127.0.0.1:${port}` });
  const posted = postWebhook({ url: 'http://hooks.example.com/' }, message, { ...options, proxies, delaysMs: [] });
  await expect(posted).rejects.toThrow(`: the proxy 127.0.0.1:${port} (HTTP_PROXY) cannot be used: `);
});
