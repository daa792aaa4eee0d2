import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { writeOutput } from '../../../src/cli/write-output.ts';
import { writeTo } from '../../../src/deliver/write-destination.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import { freePort, listenOnFreePort } from '../../support/free-port.ts';
import { stubAws } from '../../support/stub-aws.ts';

/** As much of S3 as one upload needs. @see Amazon S3 API Reference, PutObject, CreateMultipartUpload, UploadPart */
let server: Server;
let objects: Map<string, Buffer>;
let types: (string | undefined)[];
let parts: Buffer[];
/** The parts of which an upload was said to consist. */
let listed: string[];
let aborted: number;
let refuse: 403 | 503 | undefined;
let abortStatus: 204 | 500;
/** A request that is not answered: it stops the upload. */
let stopsAt: { readonly request: RegExp; readonly stop: AbortController } | undefined;

beforeEach(async () => {
  objects = new Map();
  types = [];
  parts = [];
  listed = [];
  aborted = 0;
  refuse = undefined;
  abortStatus = 204;
  stopsAt = undefined;
  server = createServer(async (request, response) => {
    const sent = await buffer(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
    const xml = (text: string) => response.writeHead(200, { 'content-type': 'application/xml' }).end(text);
    if (stopsAt?.request.test(`${request.method} ${request.url}`)) return stopsAt.stop.abort();
    if (refuse && request.method === 'PUT') {
      response.writeHead(refuse).end('<Error><Code>Refused</Code><Message>no</Message></Error>');
    } else if (searchParams.has('uploads')) {
      types.push(request.headers['content-type']);
      xml('<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>');
    } else if (request.method === 'DELETE') {
      aborted++;
      response.writeHead(abortStatus).end();
    } else if (request.method === 'POST') {
      objects.set(pathname, Buffer.concat(parts));
      listed = [...sent.toString().matchAll(/<Part>(.*?)<\/Part>/g)].map(([, part]) => part ?? '');
      xml('<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>');
    } else {
      const body = contentOf(sent, request.headers['content-encoding']);
      const number = Number(searchParams.get('partNumber'));
      // The first part has the number 1.
      if (number > 0) parts[number - 1] = body;
      else {
        objects.set(pathname, body);
        types.push(request.headers['content-type']);
      }
      response.writeHead(200, { etag: `tag-${number}` }).end();
    }
  });
  // By an address, a bucket could only be in the path.
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://localhost:${await listenOnFreePort(server)}`);
  stubAws();
});
afterEach(() => {
  vi.unstubAllEnvs();
  return closeServer(server);
});

/** Bodies may come in chunks with a checksum behind them: `SIZE\r\nBYTES\r\n…`. */
function contentOf(body: Buffer, encoding: string | undefined): Buffer {
  if (!encoding?.includes('aws-chunked')) return body;
  const content: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(content);
    content.push(body.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}

const signal = new AbortController().signal;
const place = { kind: 's3', bucket: 'reports', key: 'teams/2026.csv' } as const;
async function* megabytes(count: number) {
  for (let at = 0; at < count; at++) yield String(at % 10).repeat(1_048_576);
}

test('a small report is one object', async () => {
  await writeTo(place, megabytes(1), { contentType: 'text/csv', signal });
  expect(objects.get('/reports/teams/2026.csv')?.length).toBe(1_048_576);
  expect(parts).toHaveLength(0);
});

test('a report without a line is an empty object, and no connection to its store stays open', async () => {
  // The server would otherwise close it by itself, after five seconds.
  server.keepAliveTimeout = 0;
  await writeTo(place, [], { contentType: 'application/x-ndjson', signal });
  expect(objects.get('/reports/teams/2026.csv')).toEqual(Buffer.alloc(0));
  await expect.poll(() => promisify(server.getConnections.bind(server))()).toBe(0);
});

test('a report that -o sends has the type of its format', async () => {
  const io = { cwd: '/', now: () => new Date(), signal } as Io;
  await writeOutput(io, { output: 's3://reports/teams.csv', format: 'csv' }, ['rank\n'], null);
  await writeOutput(io, { output: 's3://reports/teams.html', format: 'html' }, ['<p>'], null);
  expect(types).toEqual([expect.stringMatching('^text/csv'), expect.stringMatching('^text/html')]);
});

test.each([
  [20, [8, 8, 4]],
  [16, [8, 8]],
])('a large report, of %i MiB, is uploaded in parts of %j, none of which is held for long', async (size, sizes) => {
  await writeTo(place, megabytes(size), { contentType: 'text/csv', signal });
  expect(parts.map((part) => part.length)).toEqual(sizes.map((each) => each * 1_048_576));
  const numbers = sizes.map((_, at) => at + 1);
  expect(listed).toEqual(numbers.map((each) => `<ETag>tag-${each}</ETag><PartNumber>${each}</PartNumber>`));
  expect(objects.get('/reports/teams/2026.csv')?.length).toBe(size * 1_048_576);
  expect(types).toEqual(['text/csv']);
});

test.each([204, 500] as const)(
  'an upload that fails is aborted; its failure is told if that is answered by %i',
  async (status) => {
    abortStatus = status;
    async function* broken() {
      yield* megabytes(9);
      throw new Error('the query failed');
    }
    await expect(writeTo(place, broken(), { contentType: 'text/csv', signal })).rejects.toThrow(
      's3://reports/teams/2026.csv: the query failed',
    );
    expect(aborted).toBe(1);
    expect(objects.size).toBe(0);
  },
);

test.each([
  ['a small report', 1, /PUT .*PutObject/, 0],
  ['the beginning of a large one', 9, /POST .*uploads/, 0],
  ['a part', 9, /PUT .*partNumber=2/, 1],
  ['the end of a large one', 9, /POST .*uploadId/, 1],
])('an upload that is stopped waits for no answer to %s, and leaves no parts', async (_, size, request, aborts) => {
  const stop = new AbortController();
  stopsAt = { request, stop };
  const written = writeTo(place, megabytes(size), {
    contentType: 'text/csv',
    signal: stop.signal,
    silentForMs: 3_600_000,
  });
  await expect(written).rejects.toMatchObject({ name: 'AbortError' });
  expect(aborted).toBe(aborts);
  expect(objects.size).toBe(0);
});

test('a bucket that refuses is an expected failure', async () => {
  refuse = 403;
  await expect(writeTo(place, megabytes(1), { contentType: 'text/csv', signal })).rejects.toMatchObject({
    code: 'delivery',
  });
});

test('the text of a large report is closed when a bucket refuses it: its rows come from a transaction', async () => {
  refuse = 403;
  let closed = false;
  async function* rows() {
    try {
      yield* megabytes(20);
    } finally {
      closed = true;
    }
  }
  await expect(writeTo(place, rows(), { contentType: 'text/csv', signal })).rejects.toMatchObject({ code: 'delivery' });
  expect(closed).toBe(true);
});

test('-o tells a bucket that refuses from a store that does not answer', async () => {
  const io = { cwd: '/', now: () => new Date(), signal } as Io;
  const failure = () => writeOutput(io, { output: 's3://reports/teams.csv', format: 'csv' }, ['rank\n'], null);
  refuse = 403;
  await expect(failure()).rejects.toMatchObject({ code: 'settings', message: expect.stringContaining('credentials') });
  const away = { code: 'delivery', message: expect.stringContaining('can be reached') };
  refuse = 503;
  await expect(failure()).rejects.toMatchObject(away);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${await freePort()}`);
  await expect(failure()).rejects.toMatchObject(away);
});

test('a store that accepts connections and never answers fails the report', async () => {
  const silent = createServer(() => undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${await listenOnFreePort(silent)}`);
  await expect(writeTo(place, ['rank\n'], { contentType: 'text/csv', signal, silentForMs: 50 })).rejects.toMatchObject({
    code: 'delivery',
  });
  await closeServer(silent);
});
