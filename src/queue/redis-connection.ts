import { Redis } from 'ioredis';
import { QueueUnavailableError, SettingsError } from '../errors.ts';

/** All keys in Redis start with it; several installations that share a Redis set different ones. */
export const DEFAULT_PREFIX = 'slimboard';

const LONGEST_RECONNECT_DELAY_MS = 5_000;

/**
 * Connects to Redis or Valkey. A connection that breaks later is made again for as long as it takes, and commands wait
 * for it: what a worker has in hand when Redis restarts is finished, not lost.
 * @param onError is told of each failure while the connection is down
 * @throws SettingsError when the text is no Redis URL
 * @throws QueueUnavailableError when the first connection fails
 */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<Redis> {
  const address = parseRedisUrl(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    // BullMQ's workers need it: a blocking command must not fail because Redis restarts.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 10), LONGEST_RECONNECT_DELAY_MS),
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
  } catch (cause) {
    redis.disconnect();
    const reason = (lastError ?? (cause as Error)).message;
    throw new QueueUnavailableError(`Redis at ${address} does not answer: ${reason}`, { cause });
  }
  return redis.on('error', onError);
}

/** @returns host and port, to show; never the credentials */
function parseRedisUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['redis:', 'rediss:'].includes(parsed.protocol))
    throw new SettingsError('the Redis URL must look like redis://HOST:6379, or rediss:// for TLS');
  return `${parsed.hostname}:${parsed.port || '6379'}`;
}
