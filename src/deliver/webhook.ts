import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeliveryError } from '../errors.ts';
import type { NotifyEndpoint } from '../settings/notify-endpoint.ts';

export interface WebhookMessage {
  readonly event: string;
  /** The same for every attempt at one message: a receiver may drop what it had already. */
  readonly id: string;
  readonly body: string;
}

export interface WebhookOptions {
  readonly signal: AbortSignal;
  /** Seconds since 1970, part of what is signed. */
  readonly timestamp: number;
  /** How long to wait before the attempt after each one that failed (ms); as many again are made. */
  readonly delaysMs?: readonly number[];
}

/** Four attempts within some ten seconds, for somebody may wait; after that the task itself is tried again. */
const DELAYS_MS = [500, 2_000, 8_000];
const ANSWER_WITHIN_MS = 10_000;

/**
 * Posts a message, again where that may help: no answer, 408, 425, 429 or 5xx. Redirects are not followed.
 * @throws DeliveryError that names the host only, for the URL may be a secret
 */
export async function postWebhook(
  endpoint: NotifyEndpoint,
  message: WebhookMessage,
  { signal, timestamp, delaysMs = DELAYS_MS }: WebhookOptions,
): Promise<void> {
  const headers = headersOf(endpoint, message, timestamp);
  for (const delayMs of [...delaysMs, undefined]) {
    const failure = await attempt(endpoint.url, headers, message.body, signal);
    if (failure === undefined) return;
    if (!failure.again || delayMs === undefined)
      throw new DeliveryError(
        `the webhook at ${new URL(endpoint.url).host} did not take "${message.event}": ${failure.reason}`,
      );
    await sleep(delayMs, undefined, { signal });
  }
}

function headersOf({ secret, authorization }: NotifyEndpoint, { event, id, body }: WebhookMessage, timestamp: number) {
  return {
    'content-type': 'application/json',
    'user-agent': 'slimboard',
    'x-slimboard-event': event,
    'x-slimboard-delivery': id,
    'x-slimboard-timestamp': String(timestamp),
    ...(authorization === undefined ? {} : { authorization }),
    ...(secret === undefined ? {} : { 'x-slimboard-signature': signatureOf(secret, timestamp, body) }),
  };
}

/** `sha256=` and the HMAC of the time and the body: the time is signed so that an old message cannot be sent again. */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

interface Failure {
  readonly reason: string;
  readonly again: boolean;
}

async function attempt(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  try {
    const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
    });
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const again = answer.status >= 500 || [408, 425, 429].includes(answer.status);
    return { reason: `it answered ${answer.status}`, again };
  } catch (error) {
    signal.throwIfAborted();
    return { reason: causeOf(error), again: true };
  }
}

/** What fetch says is in its cause; neither holds the URL. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1_000} s`;
  const cause = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.name;
  return `no answer (${cause})`;
}
