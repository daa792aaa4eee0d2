import type { IncomingMessage, ServerResponse } from 'node:http';

/** Helpers for HTTP responses of test registries and their faults. */

export function readBody(request: IncomingMessage, done: (body: string) => unknown): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => done(body));
}

export function json(response: ServerResponse, status: number, value: unknown): ServerResponse {
  const body = JSON.stringify(value);
  return response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

export function notFound(response: ServerResponse, code: string): ServerResponse {
  return refuse(response, 404, code);
}

/** An error response in the form of the distribution API. */
export function refuse(response: ServerResponse, status: number, code: string): ServerResponse {
  return json(response, status, { errors: [{ code, message: code.toLowerCase() }] });
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
