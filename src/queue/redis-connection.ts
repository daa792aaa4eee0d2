import { Redis } from 'ioredis';
import { QueueUnavailableError, SettingsError } from '../errors.ts';

/** All keys in Redis start with it; several installations that share a Redis set different ones. */
export const DEFAULT_PREFIX = 'slimboard';

const LONGEST_RECONNECT_DELAY_MS = 5_000;

/**
 * Connects to Redis or Valkey. A connection that breaks later is made again for as long as it takes, and commands wait
 * for it: what a worker has in hand when Redis restarts is finished, not lost.
 * @param onError is told of each failure while the connection is down
 * @throws SettingsError when the text is no Redis URL, the login is refused, or there is no such database
 * @throws QueueUnavailableError when the first connection fails
 */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<Redis> {
  const { address, database } = parseRedisUrl(url);
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
    // The client goes on in database 0 where there is no other: two installations would meet there.
    if (database > 0) await redis.select(database);
  } catch (cause) {
    redis.disconnect();
    const { message } = lastError ?? (cause as Error);
    if (/^(?:WRONGPASS|NOAUTH|NOPERM)\b/.test(message))
      throw new SettingsError(`Redis at ${address} refused the login: ${message}; check user and password of its URL`, {
        cause,
      });
    if (/^ERR .*DB index/.test(message))
      throw new SettingsError(`Redis at ${address} has no database ${database}: ${message}`, { cause });
    throw new QueueUnavailableError(`Redis at ${address} does not answer: ${message}`, { cause });
  }
  return redis.on('error', onError);
}

/** @returns host and port, to show, and never the credentials; and the number of the database */
function parseRedisUrl(url: string): { readonly address: string; readonly database: number } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const [, database] = /^\/?(\d{0,9})$/.exec(parsed?.pathname ?? '') ?? [];
  if (!parsed || database === undefined || !['redis:', 'rediss:'].includes(parsed.protocol))
    throw new SettingsError(
      'the Redis URL must look like redis://HOST:6379, redis://HOST:6379/1, or rediss:// for TLS',
    );
  return { address: `${parsed.hostname}:${parsed.port || '6379'}`, database: Number(database) };
}
