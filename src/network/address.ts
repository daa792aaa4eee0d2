import type { LookupAddress, LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { MalformedContentError } from '../errors.ts';
import type { RegistryHost } from '../oci/reference.ts';

/**
 * How far inside a network an address lies. `special` addresses (link-local, where clouds keep their metadata;
 * unspecified) serve no content.
 */
export type Reach = 'special' | 'loopback' | 'private' | 'public';

const INWARD: Record<Reach, number> = { special: 3, loopback: 2, private: 1, public: 0 };

// IANA's special-purpose address registries (RFC 6890): addresses that no public registry has a reason to point at.
const RANGES: readonly (readonly [reach: Reach, network: string, prefix: number])[] = [
  // Where clouds keep their metadata besides link-local addresses, within ranges that count as something else below: AWS
  // and Google Cloud by IPv6, Alibaba Cloud, Azure. @see AWS, "Access instance metadata"; Azure, "168.63.129.16"
  ['special', 'fd00:ec2::', 32],
  ['special', 'fd20:ce::254', 128],
  ['special', '100.100.100.200', 32],
  ['special', '168.63.129.16', 32],
  ['special', '0.0.0.0', 8],
  ['special', '169.254.0.0', 16],
  ['special', '224.0.0.0', 3],
  ['special', '::', 128],
  ['special', 'fe80::', 10],
  ['special', 'ff00::', 8],
  ['loopback', '127.0.0.0', 8],
  ['loopback', '::1', 128],
  ['private', '10.0.0.0', 8],
  ['private', '100.64.0.0', 10],
  ['private', '172.16.0.0', 12],
  ['private', '192.0.0.0', 24],
  ['private', '192.168.0.0', 16],
  ['private', '198.18.0.0', 15],
  ['private', 'fc00::', 7],
  ['private', '64:ff9b:1::', 48],
];

const BLOCKS = RANGES.map(([reach, network, prefix]) => {
  const block = new BlockList();
  block.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  return { reach, block };
});

/** The reach of an IPv4 or IPv6 address; an IPv6 address that maps an IPv4 one has the reach of the latter. */
export function reachOf(address: string): Reach {
  const plain = mappedIpv4(address) ?? address;
  const family = plain.includes(':') ? 'ipv6' : 'ipv4';
  return BLOCKS.find(({ block }) => block.check(plain, family))?.reach ?? 'public';
}

/** The IPv4 address in `::ffff:10.0.0.1`, in `::ffff:a00:1` (as URL writes it), and in NAT64's `64:ff9b::`. */
function mappedIpv4(address: string): string | undefined {
  const [, dotted, high, low] =
    /^(?:::ffff:|64:ff9b::)(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return dotted;
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.');
}

/** A host as URLs write it, in lower case and without the brackets of an IPv6 address. */
export function withoutBrackets(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[|\]$/g, '');
}

/** The reach of a host written as an address or as localhost; undefined for a name that has to be looked up. */
export function reachOfHost(hostname: string): Reach | undefined {
  const bare = withoutBrackets(hostname);
  if (bare === 'localhost' || bare.endsWith('.localhost')) return 'loopback';
  return isIP(bare) ? reachOf(bare) : undefined;
}

/** Whether a host is written as an address of this machine, or as localhost. */
export function isLoopbackHost(registry: RegistryHost): boolean {
  return reachOfHost(new URL(`http://${registry}`).hostname) === 'loopback';
}

/** Whether a server at `from` may send the client on to `to`: outward or on its own level, never further inside. */
export function mayLead(from: Reach, to: Reach): boolean {
  return to !== 'special' && INWARD[to] <= INWARD[from];
}

/** The reach of a host that has addresses of both: the outer one, because its answers may come from there. */
export function outermost(one: Reach, other: Reach): Reach {
  return INWARD[one] < INWARD[other] ? one : other;
}

/** @throws MalformedContentError when `from` may not lead to `to` */
export function checkReach(from: Reach, to: Reach, hostname: string): void {
  if (mayLead(from, to)) return;
  throw new MalformedContentError(
    `the registry refers to ${hostname}, a ${to} address, which is not followed from a ${from} one`,
  );
}

/** A look-up for `net.connect`, by `resolve`, that passes each address to `check`, which may throw. */
export function checkedLookup(resolve: typeof lookup, check: (reach: Reach, hostname: string) => void): LookupFunction {
  return (hostname: string, options: LookupOptions, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      try {
        if (error) throw error;
        for (const { address } of addresses) check(reachOf(address), hostname);
      } catch (failure) {
        return done(failure as Error, '');
      }
      const [first] = addresses;
      if (options.all) return done(null, addresses);
      return done(null, first?.address ?? '', first?.family);
    });
  };
}
