import { lookup } from 'node:dns';
import { type buildConnector, Pool } from 'undici';
import { checkedLookup, checkReach, isLoopbackHost, outermost, type Reach, reachOfHost } from '../network/address.ts';
import { type ConnectorOptions, connectorTo } from '../network/connector.ts';
import type { Proxies } from '../network/proxies.ts';
import { type ReadTlsContext, readTlsFiles, type TlsFiles } from '../network/tls-files.ts';
import type { Opening } from '../network/tunnel.ts';
import type { RegistryHost } from '../oci/reference.ts';

/** How to connect to a registry. */
export interface ConnectionOptions extends TlsFiles {
  /** True: HTTP; false: HTTPS; absent: HTTPS, but HTTP for loopback hosts without a `caFile` or `certFile`. */
  readonly plainHttp?: boolean | undefined;
  /** The most connections to one origin; default 64. */
  readonly maxConnections?: number;
  /** Until connected (ms); default 15,000. */
  readonly connectTimeoutMs?: number;
  /** Until the headers arrive, and between two chunks of a body (ms); default 30,000. */
  readonly idleTimeoutMs?: number;
  /** Default: every server is reached directly. */
  readonly proxies?: Proxies | undefined;
  /** Called with a sentence on what is wrong or may be missing, where that fails nothing. */
  readonly onNote?: (note: string) => void;
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
    const { plainHttp, caFile, certFile, keyFile } = options;
    const { maxConnections, connectTimeoutMs, idleTimeoutMs } = { ...DEFAULTS, ...options };
    const limits = [maxConnections, connectTimeoutMs, idleTimeoutMs];
    const key = JSON.stringify([registry, plainHttp, caFile, certFile, keyFile, ...limits]);
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
  /** For the registry and its server for tokens: they may ask for the client's certificate. */
  readonly #ownTls: ReadTlsContext;
  /** For hosts that the registry redirects to. */
  readonly #foreignTls: ReadTlsContext;
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
    this.#ownTls = readTlsFiles(options, options.onNote);
    this.#foreignTls = options.certFile ? readTlsFiles({ caFile: options.caFile }) : this.#ownTls;
    this.#resolve = resolve;
    this.#reach = reachOfHost(this.base.hostname);
    this.#own = this.#openPool(this.base.origin, this.#ownTls, (reach) => {
      this.#reach = outermost(this.#reach ?? reach, reach);
    });
  }

  /**
   * The pool for an address of the registry, or one that it leads to.
   * @param isRedirected whether the registry redirected to that address; then it does not see the client's certificate
   * @throws MalformedContentError when the address lies further inside than the registry itself
   */
  poolFor(url: URL, isRedirected = false): Pool {
    if (url.origin === this.base.origin) return this.#own;
    const reach = reachOfHost(url.hostname);
    if (reach) this.#check(reach, url.hostname);
    const tls = isRedirected ? this.#foreignTls : this.#ownTls;
    const key = `${url.origin} ${isRedirected}`;
    return this.#foreign.get(key) ?? this.#openForeign(url.origin, tls, key);
  }

  async close(): Promise<void> {
    const destroyed = [this.#own, ...this.#foreign.values()].map((pool) => pool.destroy());
    for (const opening of this.#connecting) opening.destroy(new Error('closed before it was connected'));
    await Promise.all(destroyed);
  }

  #openForeign(origin: string, tls: ReadTlsContext, key: string): Pool {
    const [oldest] = this.#foreign;
    if (oldest && this.#foreign.size >= MAX_FOREIGN_POOLS) {
      this.#foreign.delete(oldest[0]);
      void oldest[1].close();
    }
    const pool = this.#openPool(origin, tls, (reach, hostname) => this.#check(reach, hostname));
    this.#foreign.set(key, pool);
    return pool;
  }

  /** Until its name is looked up the registry counts as public, which may lead to the fewest addresses. */
  #check(reach: Reach, hostname: string): void {
    checkReach(this.#reach ?? 'public', reach, hostname);
  }

  #openPool(origin: string, tls: ReadTlsContext, check: (reach: Reach, hostname: string) => void): Pool {
    const { maxConnections, connectTimeoutMs, idleTimeoutMs } = this.#options;
    return new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      keepAliveMaxTimeout: LONGEST_IDLE_MS,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      connect: this.#connector(
        new URL(origin),
        { timeout: connectTimeoutMs, lookup: checkedLookup(this.#resolve, check) },
        tls,
      ),
    });
  }

  /**
   * Opens connections, and remembers those that are not open yet. With an abort signal for them, Node.js would keep every
   * socket for as long as the signal. A proxy looks the name up itself, so that its addresses are not checked here.
   */
  #connector(origin: URL, options: ConnectorOptions, tls: ReadTlsContext): buildConnector.connector {
    const connect = connectorTo(origin, this.#options.proxies, options, tls);
    return (target, callback) => {
      const opening = connect(target, (...result) => {
        this.#connecting.delete(opening);
        callback(...result);
      });
      this.#connecting.add(opening);
    };
  }
}

function schemeOf(registry: RegistryHost, { plainHttp, caFile, certFile }: ConnectionOptions): 'http' | 'https' {
  const plain = plainHttp ?? (!caFile && !certFile && isLoopbackHost(registry));
  return plain ? 'http' : 'https';
}
