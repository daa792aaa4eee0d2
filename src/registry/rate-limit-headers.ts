import type { IncomingHttpHeaders } from 'node:http';
import type { RequestLimit, RequestOutcome } from './registry.ts';

/**
 * What the headers of an answer say about the registry's limits.
 * @param nowMs the wall clock (ms since 1970), for dates; the answer's own Date comes first, because clocks differ
 * @see RFC 9110, section 10.2.3 (Retry-After); draft-ietf-httpapi-ratelimit-headers
 */
export function rateLimitsOf(
  headers: IncomingHttpHeaders,
  nowMs: number,
): RequestLimit & Pick<RequestOutcome, 'retryAfterMs'> {
  const retryAfter = single(headers['retry-after']);
  // Hardly any answer has one, and only then its date counts: parsing it takes longer than all else here.
  if (retryAfter === undefined) return parseRemaining(headers);
  const retryAfterMs = parseRetryAfter(retryAfter, parseDate(headers.date ?? '') ?? nowMs);
  return { ...parseRemaining(headers), retryAfterMs };
}

/** Parses Retry-After: seconds, or an HTTP date. Returns ms from now, never negative; undefined for anything else. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,12}(?:\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    // Docker Hub has sent a moment (seconds since 1970) instead of a delay.
    return seconds > 1_000_000_000 ? Math.max(0, seconds * 1_000 - nowMs) : seconds * 1_000;
  }
  const dateMs = parseDate(text);
  return dateMs === undefined ? undefined : Math.max(0, dateMs - nowMs);
}

function parseDate(text: string): number | undefined {
  // Date.parse accepts too much ("-1", "5 x"); an HTTP date begins with the day's name.
  const dateMs = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** Docker Hub: `ratelimit-remaining: 76;w=21600`. GitLab and others: a number, and `ratelimit-reset` in seconds. */
function parseRemaining(headers: IncomingHttpHeaders): RequestLimit {
  const [, count, window] =
    /^\s*(\d{1,12})(?:\s*;\s*w=(\d{1,9}))?/.exec(single(headers['ratelimit-remaining']) ?? '') ?? [];
  if (count === undefined) return {};
  const remaining = Number(count);
  const seconds = window ?? /^\s*(\d{1,6})\s*$/.exec(single(headers['ratelimit-reset']) ?? '')?.[1];
  return { remaining, windowMs: seconds === undefined ? undefined : Number(seconds) * 1_000 };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
