import { BlockList, isIP } from 'node:net';
import { basicAuthorization } from '../common/basic-authorization.ts';
import { SettingsError } from '../errors.ts';
import type { Environment } from '../settings/settings.ts';
import { reachOfHost, withoutBrackets } from './address.ts';

/** An HTTP proxy, which opens connections for clients that may not open them themselves. */
export interface HttpProxy {
  /** `http:` or `https:`, without user and password. */
  readonly url: URL;
  /** The environment variable that names it. */
  readonly variable: string;
  /** The `Proxy-Authorization` header, if the URL has a user or a password. */
  readonly authorization?: string;
}

/** Where a request goes to. */
type Target = Pick<URL, 'protocol' | 'hostname' | 'port'>;

const VARIABLES = {
  'http:': ['HTTP_PROXY', 'http_proxy'],
  'https:': ['HTTPS_PROXY', 'https_proxy'],
} as const;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name. Programs read them differently; here they mean what
 * they mean to Docker, skopeo and crane, so that a machine needs one setting.
 * @see golang.org/x/net/http/httpproxy, "Config" and "FromEnvironment"
 */
export class Proxies {
  readonly #environment: Environment;
  readonly #exceptions: readonly ((target: Target) => boolean)[];

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#exceptions = (findVariable(environment, ['NO_PROXY', 'no_proxy'])?.value ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map(exceptionOf);
  }

  /** The proxies that are set. @throws SettingsError as {@link Proxies.for} does */
  all(): readonly HttpProxy[] {
    return Object.values(VARIABLES).flatMap((variables) => {
      const found = findVariable(this.#environment, variables);
      return found ? [proxyOf(found)] : [];
    });
  }

  /**
   * The proxy for requests to a server; undefined if it is reached directly, as this machine always is.
   * @throws SettingsError when the variable does not hold the URL of an HTTP proxy
   */
  for(target: Target): HttpProxy | undefined {
    const found = findVariable(this.#environment, VARIABLES[target.protocol === 'http:' ? 'http:' : 'https:']);
    if (!found || reachOfHost(target.hostname) === 'loopback') return undefined;
    if (this.#exceptions.some((includes) => includes(target))) return undefined;
    return proxyOf(found);
  }
}

interface Found {
  readonly variable: string;
  readonly value: string;
}

/** The first of these variables that is set. */
function findVariable(environment: Environment, variables: readonly string[]): Found | undefined {
  return variables
    .map((variable) => ({ variable, value: environment[variable]?.trim() ?? '' }))
    .find(({ value }) => value !== '');
}

/** Without a scheme it is an HTTP proxy: `proxy.example.com:3128`. The message leaves out the value, which may be secret. */
function proxyOf({ variable, value }: Found): HttpProxy {
  try {
    const url = new URL(value.includes('://') ? value : `http://${value}`);
    if (!['http:', 'https:'].includes(url.protocol)) throw new Error('another protocol');
    const userinfo = userinfoOf(url);
    url.username = '';
    url.password = '';
    return { url, variable, ...(userinfo === undefined ? {} : { authorization: basicAuthorization(userinfo) }) };
  } catch {
    const found = /^socks/i.test(value)
      ? 'the URL of a SOCKS proxy, which is not supported'
      : 'not the URL of an HTTP proxy';
    throw new SettingsError(`${variable} is ${found}: expected something like http://proxy.example.com:3128`);
  }
}

/** The user and password of a URL, if it has any. @throws URIError when they are not percent-encoded */
function userinfoOf({ username, password }: URL): string | undefined {
  return username === '' && password === '' ? undefined : decodeURIComponent(`${username}:${password}`);
}

/** Whether an entry of `NO_PROXY` excepts a server: `*`, an address or network, or a domain; each perhaps with a port. */
function exceptionOf(entry: string): (target: Target) => boolean {
  if (entry === '*') return () => true;
  const network = networkOf(entry);
  if (network) return ({ hostname }) => isInside(network, withoutBrackets(hostname));
  const [, host = entry, port] = /^(.+):(\d+)$/.exec(isIP(entry) ? '' : entry) ?? [];
  const matches = hostMatcher(host);
  return (target) => matches(withoutBrackets(target.hostname)) && (port === undefined || port === portOf(target));
}

/** A domain includes its subdomains; with a dot or `*.` before it, it is only these. */
function hostMatcher(entry: string): (hostname: string) => boolean {
  const host = withoutBrackets(entry).replace(/^\*(?=\.)/, '');
  if (host.startsWith('.')) return (hostname) => hostname.endsWith(host);
  return (hostname) => hostname === host || (isIP(host) === 0 && hostname.endsWith(`.${host}`));
}

/** A network in CIDR notation; undefined for anything else. */
function networkOf(entry: string): BlockList | undefined {
  const [, address = '', prefix] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
  return network;
}

function isInside(network: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && network.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

function portOf({ protocol, port }: Target): string | undefined {
  return port || DEFAULT_PORTS[protocol];
}
