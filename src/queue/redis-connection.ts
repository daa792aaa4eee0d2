import { Redis } from 'ioredis';
import { codeOf, QueueUnavailableError, SettingsError, SlimboardError } from '../errors.ts';
import { CERTIFICATE_ALERT } from '../network/connection-error.ts';

/** The prefix of all keys in Redis. Installations that share a Redis use databases with different numbers. */
export const DEFAULT_PREFIX = 'slimboard';

/**
 * What a user of Redis needs: with all commands it could change its own rights. BullMQ counts its workers by CLIENT LIST.
 * @see redis.io, "ACL"
 */
const RIGHTS = `+@all -@admin -@dangerous +info +client|list ~${DEFAULT_PREFIX}:*`;

const LONGEST_RECONNECT_DELAY_MS = 5_000;
/** How often the server is asked for a sign of life, and how long its answer may take. */
const CHECK_EVERY_MS = 10_000;
const ANSWER_WITHIN_MS = 20_000;
/** @see ioredis, RedisOptions.reconnectOnError */
const RECONNECT_AND_RESEND = 2;

/**
 * Connects to Redis or Valkey. If the connection breaks or falls silent later, or its server becomes a replica, it is
 * opened again however long that takes, and commands wait for it: tasks that a worker runs while Redis restarts, or
 * while another server takes over its address, are finished, not lost.
 * @param onError called for each failure while the connection is down
 * @throws SettingsError if the text is no Redis URL, the login is refused, TLS is set up otherwise, the database does not
 * exist, or the server runs in cluster or sentinel mode or evicts any key
 * @throws QueueUnavailableError if the first connection fails, or leads to a replica
 */
export async function connectRedis(url: string, onError: (error: Error) => void): Promise<Redis> {
  const { address, database } = parseRedisUrl(url);
  const redis = new Redis(url, {
    lazyConnect: true,
    // Required by BullMQ's workers: a blocking command must not fail because Redis restarts.
    maxRetriesPerRequest: null,
    // After a failover, its address leads to the new primary, but the old one may keep its connections open.
    reconnectOnError(error) {
      if (!/READONLY|MASTERDOWN/.test(error.message)) return false;
      onError(error);
      return RECONNECT_AND_RESEND;
    },
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, LONGEST_RECONNECT_DELAY_MS),
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  // Each command that a replica refuses adds a listener, and the commands under way may be many.
  redis.on('connect', () => redis.stream.setMaxListeners(0));
  let heardBytes = 0;
  // A server that loads its data, which may take minutes, is asked again and again, and says so.
  const listening = setInterval(() => {
    const { bytesRead = 0 } = redis.stream ?? {};
    if (bytesRead === heardBytes)
      redis.stream?.destroy(new Error(`it has been silent for ${ANSWER_WITHIN_MS / 1_000} s`));
    heardBytes = bytesRead;
  }, ANSWER_WITHIN_MS);
  try {
    await redis.connect();
    const unusable = unusableBy(await redis.info(), address);
    if (unusable) throw unusable;
    // If the database does not exist, the client stays in database 0 without an error: two installations would share it.
    if (database > 0) await redis.select(database);
  } catch (cause) {
    redis.disconnect();
    // Of a connection that fails, the promise only says that it is closed.
    throw cause instanceof SlimboardError ? cause : openingFailureOf(lastError ?? (cause as Error), address, database);
  } finally {
    clearInterval(listening);
  }
  watch(redis, address);
  return redis.on('error', onError);
}

function openingFailureOf(cause: Error, address: string, database: number): Error {
  const { message } = cause;
  const tlsAdvice = tlsAdviceOn(cause);
  if (tlsAdvice) return new SettingsError(`TLS to Redis at ${address} failed: ${tlsAdvice}`, { cause });
  if (/^NOPERM\b/.test(message))
    return new SettingsError(`Redis at ${address} refuses it: ${message}; grant its user ${RIGHTS}`, { cause });
  if (/^(?:WRONGPASS|NOAUTH)\b/.test(message))
    return new SettingsError(`Redis at ${address} refused the login: ${message}; check user and password in its URL`, {
      cause,
    });
  if (/^ERR .*DB index/.test(message))
    return new SettingsError(`Redis at ${address} has no database ${database}: ${message}`, { cause });
  return new QueueUnavailableError(
    `Redis at ${address} does not answer: ${message}; check that it is running, host and port in its URL, and that this begins with rediss:// if it speaks TLS, else with redis://`,
    { cause },
  );
}

/**
 * Closes a connection that has fallen silent, as when its server vanished without closing it; it is then opened again.
 * BullMQ does so with its workers' own connections. The option `socketTimeout` of ioredis goes on counting when a
 * connection breaks, and closes the next one: with BullMQ's own closing, again and again after each restart of Redis.
 */
function watch(redis: Redis, address: string): void {
  const check = (): void => {
    // `connect`: open, but the server has not said yet that it is ready.
    if (redis.status !== 'ready' && redis.status !== 'connect') return;
    const { stream } = redis;
    const close = () =>
      stream.destroy(new Error(`Redis at ${address} does not answer: its connection is opened again`));
    const late = setTimeout(close, ANSWER_WITHIN_MS).unref();
    void redis.ping().then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  };
  const timer = setInterval(check, CHECK_EVERY_MS).unref();
  redis.once('end', () => clearInterval(timer));
}

/** What is wrong with the certificates of a connection, if anything, and what to do about it. */
function tlsAdviceOn(failure: Error): string | undefined {
  const code = codeOf(failure);
  if (CERTIFICATE_ALERT.test(code))
    return `it asks for a client certificate (${code}), which is not supported: set its tls-auth-clients to no`;
  if (/SELF_SIGNED|UNABLE_TO_/.test(code))
    return `no authority that this machine trusts has signed its certificate (${code}): name the authority's PEM file in NODE_EXTRA_CA_CERTS`;
  if (/^(?:CERT_|ERR_TLS_|HOSTNAME_MISMATCH)/.test(code))
    return `${failure.message} (${code}): name a host that is in its certificate, renew one that has expired, or correct the clock of this machine`;
  return undefined;
}

/** What to use instead of a server in one of these modes. */
const INSTEAD: Readonly<Record<string, string>> = {
  cluster: 'name the primary of one without it',
  sentinel: 'name the primary that it watches, by an address that leads to the new one after a failover',
};

/** Why a server cannot hold the queue, by what INFO says of it. */
function unusableBy(info: string, address: string): SlimboardError | undefined {
  // Since release 8, Valkey calls it server_mode.
  const [, mode] = /^(?:redis|server)_mode:(cluster|sentinel)/m.exec(info) ?? [];
  if (mode)
    return new SettingsError(`Redis at ${address} runs in ${mode} mode, which is not supported: ${INSTEAD[mode]}`);
  // Other policies evict only keys that expire, such as locks. A lost list of jobs would never be missed.
  if (/^maxmemory:[1-9]/m.test(info) && /^maxmemory_policy:allkeys/m.test(info))
    return new SettingsError(
      `Redis at ${address} evicts any key when its memory is full, and audits would never end: set its maxmemory-policy to noeviction`,
    );
  if (/^role:slave/m.test(info))
    return new QueueUnavailableError(
      `Redis at ${address} is a replica and refuses writes: name its primary in the URL`,
    );
  return undefined;
}

/** @returns host and port without credentials, for messages; and the number of the database */
function parseRedisUrl(url: string): { readonly address: string; readonly database: number } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const [, database] = /^\/?(\d{0,9})$/.exec(parsed?.pathname ?? '') ?? [];
  // Behind a ? or # that a password has as it stands, the rest of it would be taken for the host, which errors name.
  const isCut = /@/.test(`${parsed?.search}${parsed?.hash}`);
  if (!parsed || isCut || database === undefined || !['redis:', 'rediss:'].includes(parsed.protocol))
    throw new SettingsError(
      'the Redis URL must look like redis://HOST:6379, redis://HOST:6379/1, or rediss:// for TLS; in a password, write # / ? @ and % as %23 %2F %3F %40 %25',
    );
  return { address: `${parsed.hostname}:${parsed.port || '6379'}`, database: Number(database) };
}
