import { lookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type buildConnector, Pool } from 'undici';
import { codeOf, SettingsError } from '../errors.ts';
import { checkedLookup, checkReach, isLoopbackHost, outermost, type Reach, reachOfHost } from '../network/address.ts';
import { connectorTo } from '../network/connector.ts';
import type { Proxies } from '../network/proxies.ts';
import type { Opening } from '../network/tunnel.ts';
import type { RegistryHost } from '../oci/reference.ts';

/** How to connect to a registry. */
export interface ConnectionOptions {
  /** True: HTTP; false: HTTPS; absent: HTTPS, but HTTP for loopback hosts without a `caFile`. */
  readonly plainHttp?: boolean | undefined;
  /** A PEM file of certificate authorities to trust besides the usual ones. */
  readonly caFile?: string | undefined;
  /** The most connections to one origin; default 64. */
  readonly maxConnections?: number;
  /** Until connected (ms); default 15,000. */
  readonly connectTimeoutMs?: number;
  /** Until the headers arrive, and between two chunks of a body (ms); default 30,000. */
  readonly idleTimeoutMs?: number;
  /** Default: every server is reached directly. */
  readonly proxies?: Proxies | undefined;
}

const DEFAULTS = {
  /** With a latency of 20 ms, 64 connections ask for some 1,300 tags a second: more than most registries serve. */
  maxConnections: 64,
  connectTimeoutMs: 15_000,
  idleTimeoutMs: 30_000,
};

/** For object stores and token servers that a registry leads to; a hostile one could name a new host in each answer. */
const MAX_FOREIGN_POOLS = 16;

/** A connection idle for this long is closed, even if the registry offers to keep it open for longer. */
const LONGEST_IDLE_MS = 30_000;

/** Opens the connections to a registry. */
export type Connect = (registry: RegistryHost, options: ConnectionOptions) => Connections;

/**
 * A {@link Connect} that returns the same connections for the same registry and options, and so bounds them together.
 */
export function shareConnections(): Connect {
  const open = new Map<string, Connections>();
  return (registry, options) => {
    const { plainHttp, caFile, maxConnections, connectTimeoutMs, idleTimeoutMs } = { ...DEFAULTS, ...options };
    const key = JSON.stringify([registry, plainHttp, caFile, maxConnections, connectTimeoutMs, idleTimeoutMs]);
    const connections = open.get(key) ?? new Connections(registry, options);
    open.set(key, connections);
    return connections;
  };
}

/** A pool of connections to the registry's origin, and one to each origin that the registry leads to. */
export class Connections {
  /** The registry's own address: scheme, host and port. */
  readonly base: URL;
  readonly #options: ConnectionOptions & typeof DEFAULTS;
  readonly #ca: readonly string[] | undefined;
  readonly #own: Pool;
  readonly #foreign = new Map<string, Pool>();
  readonly #resolve: typeof lookup;
  /** What is still connecting: destroying its pool leaves it open. */
  readonly #connecting = new Set<Opening>();
  /** The outermost reach of all addresses that the registry's name has resolved to; undefined before that. */
  #reach: Reach | undefined;

  constructor(registry: RegistryHost, options: ConnectionOptions, resolve = lookup) {
    this.base = new URL(`${schemeOf(registry, options)}://${registry}`);
    this.#options = { ...DEFAULTS, ...options };
    this.#ca = options.caFile === undefined ? undefined : [...rootCertificates, readCaFile(options.caFile)];
    this.#resolve = resolve;
    this.#reach = reachOfHost(this.base.hostname);
    this.#own = this.#openPool(this.base.origin, (reach) => {
      this.#reach = outermost(this.#reach ?? reach, reach);
    });
  }

  /**
   * The pool for an address of the registry, or one that it leads to.
   * @throws MalformedContentError when the address lies further inside than the registry itself
   */
  poolFor(url: URL): Pool {
    if (url.origin === this.base.origin) return this.#own;
    const reach = reachOfHost(url.hostname);
    if (reach) this.#check(reach, url.hostname);
    return this.#foreign.get(url.origin) ?? this.#openForeign(url.origin);
  }

  async close(): Promise<void> {
    const destroyed = [this.#own, ...this.#foreign.values()].map((pool) => pool.destroy());
    for (const opening of this.#connecting) opening.destroy(new Error('closed before it was connected'));
    await Promise.all(destroyed);
  }

  #openForeign(origin: string): Pool {
    const [oldest] = this.#foreign;
    if (oldest && this.#foreign.size >= MAX_FOREIGN_POOLS) {
      this.#foreign.delete(oldest[0]);
      void oldest[1].close();
    }
    const pool = this.#openPool(origin, (reach, hostname) => this.#check(reach, hostname));
    this.#foreign.set(origin, pool);
    return pool;
  }

  /** Until its name is looked up the registry counts as public, which may lead to the fewest addresses. */
  #check(reach: Reach, hostname: string): void {
    checkReach(this.#reach ?? 'public', reach, hostname);
  }

  #openPool(origin: string, check: (reach: Reach, hostname: string) => void): Pool {
    const { maxConnections, connectTimeoutMs, idleTimeoutMs } = this.#options;
    return new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      keepAliveMaxTimeout: LONGEST_IDLE_MS,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      connect: this.#connector(new URL(origin), {
        timeout: connectTimeoutMs,
        lookup: checkedLookup(check, this.#resolve),
        ...(this.#ca ? { ca: [...this.#ca] } : {}),
      }),
    });
  }

  /**
   * Opens connections, and remembers those that are not open yet. With an abort signal for them, Node.js would keep every
   * socket for as long as the signal. A proxy looks the name up itself, so that its addresses are not checked here.
   */
  #connector(origin: URL, options: Parameters<typeof connectorTo>[2]): buildConnector.connector {
    const connect = connectorTo(origin, this.#options.proxies, options);
    return (target, callback) => {
      const opening = connect(target, (...result) => {
        this.#connecting.delete(opening);
        callback(...result);
      });
      this.#connecting.add(opening);
    };
  }
}

function schemeOf(registry: RegistryHost, { plainHttp, caFile }: ConnectionOptions): 'http' | 'https' {
  const plain = plainHttp ?? (caFile === undefined && isLoopbackHost(registry));
  return plain ? 'http' : 'https';
}

function readCaFile(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SettingsError(`cannot read caFile ${path} (${codeOf(cause)})`, { cause });
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new SettingsError(
    `caFile ${path} contains no certificate: expected a PEM file that begins with -----BEGIN CERTIFICATE-----`,
  );
}
