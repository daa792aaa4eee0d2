import { refuse } from './registry-answers.ts';
import type { Fault } from './registry-server.ts';

type Headers = Readonly<Record<string, string | number>>;

/** Ready-made misbehaviour for `RegistryServer.fault`. */

/** An error answer: 429 with `retry-after`, 500, 503, 403, … */
export function answer(status: number, headers: Headers = {}, code = `STATUS_${status}`): Fault {
  return (_request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    refuse(response, status, code);
  };
}

/** Any body under any status. */
export function body(content: string | Buffer, headers: Headers = {}, status = 200): Fault {
  return (_request, response) => {
    response.writeHead(status, headers).end(content);
  };
}

/** The connection is cut before an answer. */
export function reset(): Fault {
  return (request) => {
    request.socket.destroy();
  };
}

/** Half of the promised body, and the connection is cut. */
export function truncated(content: Buffer, headers: Headers = {}): Fault {
  return (request, response) => {
    response.writeHead(200, { ...headers, 'content-length': content.length });
    response.write(content.subarray(0, content.length >> 1), () => request.socket.destroy());
  };
}

/** Headers and the beginning of a body that never ends, as from a server that hangs. */
export function stalled(): Fault {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{');
  };
}

/**
 * Holds requests back: `reached` resolves when `count` of them wait; `release` has the registry answer them, and all
 * that come later.
 */
export function gate(count: number): { readonly fault: Fault; readonly reached: Promise<void>; release(): void } {
  let open = false;
  let tell: () => void = () => undefined;
  const held: (() => void)[] = [];
  const reached = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return {
    reached,
    fault(_request, _response, next) {
      if (open) return next();
      if (held.push(next) === count) tell();
    },
    release() {
      open = true;
      for (const next of held.splice(0)) next();
    },
  };
}

/** Headers at once, then a byte now and then, for ever. */
export function drip(everyMs: number): Fault {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), everyMs);
    response.on('close', () => clearInterval(timer));
  };
}

/** No answer at all. */
export function silence(): Fault {
  return (request) => {
    request.on('close', () => undefined);
  };
}

/** A body without end, as fast as it is read. */
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
