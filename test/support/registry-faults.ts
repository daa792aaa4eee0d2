import { refuse } from './registry-answers.ts';
import type { Fault } from './registry-server.ts';

type Headers = Readonly<Record<string, string | number>>;

/** Faults for `RegistryServer.fault`. */

/** An error response: 429 with `retry-after`, 500, 503, 403, … */
export function answer(status: number, headers: Headers = {}, code = `STATUS_${status}`): Fault {
  return (_request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    refuse(response, status, code);
  };
}

/** A response with any body and status. */
export function body(content: string | Buffer, headers: Headers = {}, status = 200): Fault {
  return (_request, response) => {
    response.writeHead(status, headers).end(content);
  };
}

/** Cuts the connection before a response. */
export function reset(): Fault {
  return (request) => {
    request.socket.destroy();
  };
}

/** Sends half of the announced body, then cuts the connection. */
export function truncated(content: Buffer, headers: Headers = {}): Fault {
  return (request, response) => {
    response.writeHead(200, { ...headers, 'content-length': content.length });
    response.write(content.subarray(0, content.length >> 1), () => request.socket.destroy());
  };
}

/** Sends headers and the beginning of a body, then nothing more, like a server that hangs. */
export function stalled(): Fault {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{');
  };
}

/**
 * Holds requests back: `reached` resolves when `count` of them wait; `release` lets the registry answer them and all
 * later ones.
 */
export function gate(count: number): { readonly fault: Fault; readonly reached: Promise<void>; release(): void } {
  let open = false;
  let resolveReached: () => void = () => undefined;
  const held: (() => void)[] = [];
  const reached = new Promise<void>((resolve) => {
    resolveReached = resolve;
  });
  return {
    reached,
    fault(_request, _response, next) {
      if (open) return next();
      if (held.push(next) === count) resolveReached();
    },
    release() {
      open = true;
      for (const next of held.splice(0)) next();
    },
  };
}

/** Sends headers at once, then a byte per interval, without end. */
export function drip(everyMs: number, status = 200): Fault {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), everyMs);
    response.on('close', () => clearInterval(timer));
  };
}

/** Sends no response at all. */
export function silence(): Fault {
  return (request) => {
    request.on('close', () => undefined);
  };
}

/** Sends an endless body, as fast as the client reads it. */
export function endless(chunk = 'x'.repeat(65_536), headers: Headers = {}): Fault {
  return (_request, response) => {
    response.writeHead(200, headers);
    const more = (): void => {
      let room = true;
      while (room && !response.destroyed) room = response.write(chunk);
    };
    response.on('drain', more);
    more();
  };
}

export function redirect(location: string, status = 307): Fault {
  return (_request, response) => {
    response.writeHead(status, { location }).end();
  };
}
