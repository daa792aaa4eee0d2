import type { LookupAddress, LookupOptions, lookup } from 'node:dns';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkedLookup,
  checkReach,
  isLoopbackHost,
  mayLead,
  outermost,
  type Reach,
  reachOf,
  reachOfHost,
} from '../../../src/network/address.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';

test.each<[string, Reach]>([
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['192.0.0.8', 'private'],
  ['198.18.0.1', 'private'],
  ['198.19.255.255', 'private'],
  ['198.20.0.1', 'public'],
  ['64:ff9b:1::1', 'private'],
  ['fd00::1', 'private'],
  ['::ffff:a00:1', 'private'],
  ['64:ff9b::a00:1', 'private'],
  ['169.254.169.254', 'special'],
  ['fd00:ec2::254', 'special'],
  ['fd20:ce::254', 'special'],
  ['100.100.100.200', 'special'],
  ['::ffff:168.63.129.16', 'special'],
  ['::ffff:a83f:8110', 'special'],
  ['64:ff9b::a83f:8110', 'special'],
  ['fe80::1', 'special'],
  ['ff02::1', 'special'],
  ['0.0.0.0', 'special'],
  ['::', 'special'],
  ['224.0.0.1', 'special'],
  ['255.255.255.255', 'special'],
  ['8.8.8.8', 'public'],
  ['2606:4700::1111', 'public'],
])('%s is %s', (address, reach) => {
  expect(reachOf(address)).toBe(reach);
});

test.each([
  ['localhost', 'loopback'],
  ['LocalHost', 'loopback'],
  ['a.localhost', 'loopback'],
  ['[::1]', 'loopback'],
  ['10.0.0.1', 'private'],
  ['registry.example.com', undefined],
  ['localhost.example.com', undefined],
])('the host %s counts as %s', (hostname, reach) => {
  expect(reachOfHost(hostname)).toBe(reach);
});

// As URL writes them: odd notations of an address are the address.
test.each(['http://0x7f.1/', 'http://2130706433/', 'http://127.1/', 'http://[::ffff:127.0.0.1]/'])(
  '%s is loopback',
  (url) => {
    expect(reachOfHost(new URL(url).hostname)).toBe('loopback');
  },
);

test.each([
  ['localhost:5000', true],
  ['127.0.0.1', true],
  ['[::1]:5000', true],
  ['10.0.0.1:5000', false],
  ['registry.example.com', false],
])('%s is this machine: %s', (host, loopback) => {
  expect(isLoopbackHost(parseRegistryHost(host))).toBe(loopback);
});

describe('a registry may lead to the same reach or further out, never further in', () => {
  test.each<[Reach, Reach, boolean]>([
    ['public', 'public', true],
    ['public', 'private', false],
    ['public', 'loopback', false],
    ['public', 'special', false],
    ['private', 'public', true],
    ['private', 'private', true],
    ['private', 'loopback', false],
    ['loopback', 'loopback', true],
    ['loopback', 'private', true],
    ['loopback', 'special', false],
    ['special', 'special', false],
  ])('%s to %s: %s', (from, to, allowed) => {
    expect(mayLead(from, to)).toBe(allowed);
  });

  test('a host name that resolves further inside is refused at lookup', () => {
    const looked = lookUp(
      [
        { address: '93.184.215.14', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ],
      'public',
    );
    expect(looked).toMatchObject({ code: 'malformed-content', message: expect.stringContaining('store.example.com') });
  });

  test('a host name that resolves outside keeps its addresses', () => {
    const addresses = [{ address: '93.184.215.14', family: 4 }];
    expect(lookUp(addresses, 'public')).toEqual(addresses);
  });

  test('who asks for one address gets the first, of the family asked for', () => {
    const asked: LookupOptions[] = [];
    const resolve = ((_host: string, options: LookupOptions, done: (error: null, found: LookupAddress[]) => void) => {
      asked.push(options);
      done(null, [
        { address: '2606:4700::1111', family: 6 },
        { address: '2606:4700::1001', family: 6 },
      ]);
    }) as unknown as typeof lookup;
    const found: unknown[] = [];
    checkedLookup(resolve, () => undefined)('store.example.com', { family: 6 }, (...result) => found.push(...result));
    expect(found).toEqual([null, '2606:4700::1111', 6]);
    expect(asked).toEqual([{ family: 6, all: true }]);
  });
});

test.each<[Reach, Reach, Reach]>([
  ['public', 'private', 'public'],
  ['private', 'public', 'public'],
  ['loopback', 'private', 'private'],
  ['special', 'loopback', 'loopback'],
  ['private', 'private', 'private'],
])('a host with a %s and a %s address counts as %s', (one, other, reach) => {
  expect(outermost(one, other)).toBe(reach);
});

test('mayLead is transitive', () => {
  const reach = fc.constantFrom<Reach>('special', 'loopback', 'private', 'public');
  fc.assert(
    fc.property(reach, reach, reach, (a, b, c) => {
      if (mayLead(a, b) && mayLead(b, c)) expect(mayLead(a, c)).toBe(true);
    }),
  );
});

/** What a look-up from a registry of this reach ends with: the addresses, or the error. */
function lookUp(addresses: LookupAddress[], from: Reach): unknown {
  const resolve = ((_host: string, _options: object, done: (error: null, found: LookupAddress[]) => void) =>
    done(null, addresses)) as unknown as typeof lookup;
  let result: unknown;
  checkedLookup(resolve, (to, hostname) => checkReach(from, to, hostname))(
    'store.example.com',
    { all: true },
    (error, found) => {
      result = error ?? found;
    },
  );
  return result;
}
