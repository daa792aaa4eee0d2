import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** The longest path and query that a page of ours has is some hundred characters. */
const LONGEST_URL = 4_096;
/** A form with one token; nothing else takes a body. */
const LARGEST_BODY_BYTES = 4_096;
/** Requests that ask the database at the same time; more are told to come back. */
const MAX_AT_ONCE = 32;

/** Nothing but this server's own files takes effect in a page, and no page of others holds one of ours. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** The queues' dashboard is a program of its own that styles itself and asks its own server. */
const QUEUES_POLICY =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** @see https://owasp.org/www-project-secure-headers/ */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  headers.set('content-security-policy', context.req.path.startsWith('/queues') ? QUEUES_POLICY : PAGE_POLICY);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'no-referrer');
  headers.set('x-frame-options', 'DENY');
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-resource-policy', 'same-origin');
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
};

/** Requests are short, and only a log-in has a body. */
export const requestLimits: MiddlewareHandler = async (context, next) => {
  const { method, url } = context.req;
  const { pathname, search } = new URL(url);
  const length = context.req.header('content-length');
  const chunked = context.req.header('transfer-encoding') !== undefined;
  const methods = pathname === '/login' ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD'];
  if (pathname.length + search.length > LONGEST_URL)
    return refusal(context, 414, 'address-too-long', 'the address is too long');
  // No name or text that is stored holds it, and Postgres refuses to look for it.
  if (/%00/.test(pathname + search))
    return refusal(context, 400, 'settings', 'no address here holds the character NUL');
  if (chunked || Number(length ?? 0) > LARGEST_BODY_BYTES)
    return refusal(context, 413, 'body-too-large', 'the body is too large');
  if (!methods.includes(method)) return refusal(context, 405, 'read-only', 'read-only', { allow: methods.join(', ') });
  await next();
  return undefined;
};

/** An answer that is none of a route's: a sentence, to programs in the form of all the API's errors. */
export function refusal(
  context: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return context.req.path.startsWith('/api/')
    ? context.json({ error: { code, message } }, status, headers)
    : context.text(`${message}\n`, status, headers);
}

/** Only so many requests work at a time: a burst waits in its clients, not in our memory. */
export function atMostAtOnce(limit = MAX_AT_ONCE): MiddlewareHandler {
  let running = 0;
  return async (context, next) => {
    if (running >= limit) return refusal(context, 503, 'busy', 'busy, try again', { 'retry-after': '2' });
    running++;
    try {
      await next();
    } finally {
      running--;
    }
    return undefined;
  };
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Without a token, only whoever names this machine itself gets an answer: a web page elsewhere may point a name of its
 * own here (DNS rebinding) and would otherwise read everything through its visitor's browser.
 */
export const loopbackNamesOnly: MiddlewareHandler = async (context, next) => {
  const host = context.req.header('host') ?? '';
  if (!LOOPBACK_NAMES.has(host.replace(/:\d+$/, '').toLowerCase()))
    return refusal(
      context,
      421,
      'not-this-host',
      'this dashboard answers to localhost only; SLIMBOARD_SERVE_TOKEN opens it to others',
    );
  await next();
  return undefined;
};

/** Whether a listening address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
