import type { Context, MiddlewareHandler } from 'hono';
import { refusal } from './failures.ts';

/** The most characters of a path and query; those of the dashboard's own pages have a few hundred at most. */
const MAX_URL_LENGTH = 4_096;
/** Enough for the log-in form, which holds one token; nothing else accepts a body. */
const MAX_BODY_BYTES = 4_096;
/** The most requests that may use the database at the same time; the others get a 503. */
const MAX_CONCURRENT = 32;

/** Pages load only files of this server, and no page can frame them. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** The queues' dashboard is a third-party app that has inline styles, and sends requests to this server. */
const QUEUES_POLICY =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** Sets the security headers of each response. @see https://owasp.org/www-project-secure-headers/ */
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

/** Refuses long addresses, large bodies, and methods that write; only /login accepts POST. */
export const requestLimits: MiddlewareHandler = async (context, next) => {
  const { method, url } = context.req;
  const { pathname, search } = new URL(url);
  const length = context.req.header('content-length');
  const chunked = context.req.header('transfer-encoding') !== undefined;
  const methods = pathname === '/login' ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD'];
  if (pathname.length + search.length > MAX_URL_LENGTH)
    return refusal(context, {
      status: 414,
      code: 'address-too-long',
      message: `the address is longer than ${MAX_URL_LENGTH} characters`,
    });
  // Stored text contains no NUL, and Postgres rejects it in a parameter.
  if (/%00/.test(pathname + search))
    return refusal(context, { status: 400, code: 'settings', message: 'the address contains the character NUL (%00)' });
  if (chunked || Number(length ?? 0) > MAX_BODY_BYTES)
    return refusal(context, {
      status: 413,
      code: 'body-too-large',
      message: `the body is larger than ${MAX_BODY_BYTES} bytes, or of unknown length`,
    });
  const allow = methods.join(', ');
  if (!methods.includes(method)) {
    const message = `${method} is not allowed: expected ${allow}`;
    return refusal(context, { status: 405, code: 'read-only', message }, { allow });
  }
  await next();
  return undefined;
};

/** The response that refuses a request until fewer others are under way. */
export function busy(context: Context, reason: string): Response {
  const message = `${reason}: try again in a few seconds`;
  return refusal(context, { status: 503, code: 'busy', message }, { 'retry-after': '2' });
}

/**
 * Runs at most `limit` requests at a time and answers others with 503 and Retry-After: a burst waits in the clients,
 * not in this server's memory.
 */
export function limitConcurrency(limit = MAX_CONCURRENT): MiddlewareHandler {
  let running = 0;
  return async (context, next) => {
    if (running >= limit) return busy(context, 'too many requests at a time');
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
 * Refuses requests whose Host header is not a loopback name. Without a token this is what stops DNS rebinding: a web
 * page could point a name of its own at this server and read everything through its visitor's browser.
 */
export const loopbackNamesOnly: MiddlewareHandler = async (context, next) => {
  const host = context.req.header('host') ?? '';
  if (!LOOPBACK_NAMES.has(host.replace(/:\d+$/, '').toLowerCase()))
    return refusal(context, {
      status: 421,
      code: 'not-this-host',
      message: 'only requests to localhost are answered: set SLIMBOARD_SERVE_TOKEN to allow other host names',
    });
  await next();
  return undefined;
};

/** Whether a listening address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
