import { expect, test } from 'vitest';
import { SettingsError } from '../../../src/errors.ts';
import { Proxies } from '../../../src/network/proxies.ts';

const HTTPS_PROXY = 'http://proxy.example.com:3128';

function hostFor(url: string, environment: Record<string, string>): string | undefined {
  return new Proxies(environment).for(new URL(url))?.url.host;
}

test.each<[string, Record<string, string>, string | undefined]>([
  ['https://registry.example.com', { HTTPS_PROXY }, 'proxy.example.com:3128'],
  ['https://registry.example.com', { https_proxy: HTTPS_PROXY }, 'proxy.example.com:3128'],
  ['https://registry.example.com', { HTTPS_PROXY, https_proxy: 'http://other.example.com' }, 'proxy.example.com:3128'],
  ['https://registry.example.com', { HTTPS_PROXY: ' ', https_proxy: HTTPS_PROXY }, 'proxy.example.com:3128'],
  ['https://registry.example.com', { HTTPS_PROXY: 'proxy.example.com:3128' }, 'proxy.example.com:3128'],
  ['https://registry.example.com', { HTTPS_PROXY: 'https://proxy.example.com' }, 'proxy.example.com'],
  ['https://registry.example.com', { HTTP_PROXY: HTTPS_PROXY }, undefined],
  ['http://registry.example.com', { HTTPS_PROXY }, undefined],
  ['http://registry.example.com:5000', { HTTP_PROXY: HTTPS_PROXY }, 'proxy.example.com:3128'],
  ['https://registry.example.com', {}, undefined],
])('%s with %j goes through %s', (url, environment, expected) => {
  expect(hostFor(url, environment)).toBe(expected);
});

test.each(['localhost', 'localhost:5000', '127.0.0.1', '127.1.2.3:8443', '[::1]:5000', 'registry.localhost'])(
  '%s is this machine, and reached directly',
  (host) => {
    expect(hostFor(`https://${host}`, { HTTPS_PROXY })).toBeUndefined();
  },
);

// Expected results of golang.org/x/net/http/httpproxy, whose documentation lists these forms.
test.each<[noProxy: string, direct: readonly string[], through: readonly string[]]>([
  ['*', ['registry.example.com', '10.0.0.1'], []],
  [
    'example.com',
    ['example.com', 'a.example.com', 'a.b.example.com', 'EXAMPLE.COM'],
    ['notexample.com', 'example.com.evil.org'],
  ],
  ['.example.com', ['a.example.com'], ['example.com', 'aexample.com']],
  ['*.example.com', ['a.example.com'], ['example.com']],
  ['example.com:5000', ['example.com:5000', 'a.example.com:5000'], ['example.com', 'example.com:5001']],
  ['example.com:443', ['example.com', 'example.com:443'], ['example.com:5000']],
  ['10.0.0.7', ['10.0.0.7', '10.0.0.7:5000'], ['10.0.0.70', '10.0.0.8']],
  ['10.0.0.7:5000', ['10.0.0.7:5000'], ['10.0.0.7']],
  ['EXAMPLE.com', ['example.com'], ['example.org']],
  ['10.0.0.7/32', ['10.0.0.7'], ['10.0.0.8']],
  ['10.0.0.0/8', ['10.1.2.3', '10.1.2.3:5000'], ['11.0.0.1', '10.example.com']],
  ['fd00::/8', ['[fd12::1]', '[fd12::1]:5000'], ['[2001:db8::1]']],
  ['2001:db8::1', ['[2001:db8::1]:5000'], ['[2001:db8::2]']],
  ['[2001:db8::1]:5000', ['[2001:db8::1]:5000'], ['[2001:db8::1]']],
  [' a.example.com , ,b.example.com', ['a.example.com', 'b.example.com'], ['c.example.com']],
  ['10.0.0.0/99,example.com', ['example.com'], ['10.0.0.1']],
  ['', [], ['example.com']],
])('NO_PROXY=%s leads directly to %j, and through the proxy to %j', (noProxy, direct, through) => {
  const proxies = new Proxies({ HTTPS_PROXY, NO_PROXY: noProxy });
  const goesThrough = (host: string) => proxies.for(new URL(`https://${host}`)) !== undefined;
  expect(direct.filter(goesThrough)).toEqual([]);
  expect(through.filter((host) => !goesThrough(host))).toEqual([]);
});

test.each([
  ['me:p%40ss', 'me:p@ss'],
  ['me', 'me:'],
  [':p%40ss', ':p@ss'],
])('%s is sent as a header, and stays out of the URL', (userinfo, sent) => {
  const [proxy] = new Proxies({ HTTPS_PROXY: `http://${userinfo}@proxy.example.com` }).all();
  expect(proxy?.url.href).toBe('http://proxy.example.com/');
  expect(proxy?.authorization).toBe(`Basic ${Buffer.from(sent).toString('base64')}`);
});

test.each(['ftp://me:hunter2@proxy.example.com', 'http://', 'http://me:hunter2%zz@proxy.example.com', '://hunter2'])(
  '%s is refused without being repeated',
  (value) => {
    const refused = () => new Proxies({ HTTPS_PROXY: value }).for(new URL('https://registry.example.com'));
    expect(refused).toThrow(SettingsError);
    expect(refused).toThrow(/^HTTPS_PROXY is not the URL of an HTTP proxy/);
    expect(refused).not.toThrow(/hunter2/);
  },
);

test.each(['socks5://me:hunter2@proxy.example.com', 'SOCKS5H://hunter2:1080'])(
  '%s is refused as what it is',
  (value) => {
    const refused = () => new Proxies({ HTTPS_PROXY: value }).for(new URL('https://registry.example.com'));
    expect(refused).toThrow(
      /^HTTPS_PROXY is the URL of a SOCKS proxy, which is not supported: expected something like /,
    );
    expect(refused).not.toThrow(/hunter2/);
  },
);
