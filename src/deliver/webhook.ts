import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch, type RequestInit } from 'undici';
import { codeOf, DeliveryError } from '../errors.ts';
import { connectorTo } from '../network/connector.ts';
import type { Proxies } from '../network/proxies.ts';
import { ProxyError } from '../network/tunnel.ts';
import type { NotifyEndpoint } from '../settings/notify-endpoint.ts';

/** A message to post. */
export interface WebhookMessage {
  readonly event: string;
  /** The same for every attempt to send the message, so that a receiver can recognize duplicates. */
  readonly id: string;
  readonly body: string;
}

/** How a message is posted. */
export interface WebhookOptions {
  readonly signal: AbortSignal;
  /** Seconds since 1970; the signature covers it. */
  readonly timestamp: number;
  /** The delays before each retry (ms); their number is the number of retries. Default: 500, 2,000 and 8,000. */
  readonly delaysMs?: readonly number[] | undefined;
  readonly proxies: Proxies;
}

/** Four attempts within about ten seconds, because somebody may be waiting; after that, the task itself is retried. */
const DELAYS_MS = [500, 2_000, 8_000];
const ANSWER_WITHIN_MS = 10_000;

/**
 * Posts a message. It retries when there is no answer, or the status is 408, 425, 429 or 5xx. Redirects are not
 * followed.
 * @throws DeliveryError naming only the host, because the URL may be a secret
 */
export async function postWebhook(
  endpoint: NotifyEndpoint,
  message: WebhookMessage,
  { signal, timestamp, proxies, delaysMs = DELAYS_MS }: WebhookOptions,
): Promise<void> {
  const url = new URL(endpoint.url);
  const headers = headersOf(endpoint, message, timestamp);
  const dispatcher = new Agent({ connect: connectorTo(url, proxies, { timeout: ANSWER_WITHIN_MS }) });
  try {
    for (const delayMs of [...delaysMs, undefined]) {
      const failure = await attempt(url, { method: 'POST', headers, body: message.body, dispatcher }, signal);
      if (failure === undefined) return;
      if (!failure.isRetryable || delayMs === undefined)
        throw new DeliveryError(`the webhook at ${url.host} did not accept "${message.event}": ${failure.reason}`);
      await sleep(delayMs, undefined, { signal });
    }
  } finally {
    await dispatcher.destroy();
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

/** `sha256=` and the hex HMAC of timestamp and body; signing the timestamp prevents replays of old messages. */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

interface Failure {
  readonly reason: string;
  readonly isRetryable: boolean;
}

async function attempt(url: URL, request: RequestInit, signal: AbortSignal): Promise<Failure | undefined> {
  try {
    const answer = await fetch(url, {
      ...request,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const isRetryable = answer.status >= 500 || [408, 425, 429].includes(answer.status);
    return { reason: `it answered HTTP ${answer.status}`, isRetryable };
  } catch (error) {
    signal.throwIfAborted();
    return { reason: reasonOf(error), isRetryable: true };
  }
}

/** Why fetch failed. The reason is in the cause of its error; neither contains the URL. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1_000} s`;
  if (error.cause instanceof ProxyError) return error.cause.message;
  return `no answer (${codeOf(error.cause) || error.name})`;
}
