import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOn } from '../network/http-server.ts';
import type { Digest } from '../oci/digest.ts';
import { buildSamples, type SampleRegistry } from './build-samples.ts';

/**
 * Starts a read-only registry on the loopback interface, with the endpoints that an audit uses and the sample images.
 * @returns its host and port, and a function that stops it
 * @see distribution-spec, "Endpoints"
 */
export async function startSampleRegistry(): Promise<{ readonly host: string; close(): Promise<void> }> {
  const samples = buildSamples();
  const server = createServer((request, response) => answer(samples, request, response));
  const port = await listenOn(server, '127.0.0.1', 0);
  return { host: `127.0.0.1:${port}`, close: () => closeServer(server) };
}

const PATH = /^\/v2\/(?<repository>.+)\/(?<kind>tags|manifests|blobs)\/(?<reference>[^/]+)$/;

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function answer(samples: SampleRegistry, request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = replyTo(samples, request);
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
}

function replyTo({ repositories, content }: SampleRegistry, { method, url, headers }: IncomingMessage): Reply {
  const { pathname } = new URL(url ?? '/', 'http://localhost');
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'UNSUPPORTED');
  if (pathname === '/v2/') return json({});
  if (pathname === '/v2/_catalog') return json({ repositories: [...repositories.keys()].sort() });
  const { repository = '', kind = '', reference = '' } = PATH.exec(pathname)?.groups ?? {};
  const tags = repositories.get(repository);
  if (!tags) return refusal(404, 'NAME_UNKNOWN');
  if (kind === 'tags') return json({ name: repository, tags: [...tags.keys()].sort() });
  const digest = (kind === 'manifests' ? tags.get(reference) : undefined) ?? (reference as Digest);
  const found = content.get(digest);
  if (!found) return refusal(404, kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN');
  const digestHeaders = { ETag: `"${digest}"`, 'Docker-Content-Digest': digest, 'Content-Type': found.mediaType };
  return headers['if-none-match'] === digestHeaders.ETag
    ? { status: 304, headers: digestHeaders }
    : { status: 200, headers: digestHeaders, body: found.body };
}

function json(value: object, status = 200): Reply {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

function refusal(status: number, code: string): Reply {
  return json({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }, status);
}
