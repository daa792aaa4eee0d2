import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlimboardError } from '../../../src/errors.ts';
import { formatReference, parseReference, parseRegistryHost } from '../../../src/oci/reference.ts';
import { parseChallenges } from '../../../src/registry/auth/challenge.ts';
import { TokenServer } from '../../../src/registry/auth/token-server.ts';
import { failureOf, isPassing } from '../../../src/registry/failure.ts';
import { nextPage } from '../../../src/registry/link.ts';
import { parseRetryAfter, rateLimitsOf } from '../../../src/registry/rate-limit-headers.ts';
import { errorCodeOf, refusalOf } from '../../../src/registry/refusal.ts';
import { redirectTarget } from '../../../src/registry/transport.ts';

const base = new URL('https://registry.example.com/v2/_catalog?n=1000');

/** Any text, and texts made of the very characters that the grammars use. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...'<>;,"\\= /:@.a[%', 'rel', 'next', 'Bearer', 'realm')).map((parts) => parts.join('')),
);

/** Runs, and lets nothing through but our own errors. */
function onlyOwnErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SlimboardError);
  }
}

describe('Link', () => {
  test.each([
    ['</v2/_catalog?last=b&n=2>; rel="next"', '?last=b&n=2'],
    ['</v2/_catalog?last=b>;rel=next', '?last=b'],
    ['<?last=b>; rel="next"', '?last=b'],
    ['<https://registry.example.com/v2/_catalog?last=b>; rel="next"', '?last=b'],
    ['<http://registry.internal:5000/v2/_catalog?last=b>; rel="next"', '?last=b'],
    ['</repository/docker-hub/v2/_catalog?last=b>; rel="next"', '?last=b'],
    ['</first?a>; rel="first", </next?b>; title="x"; rel="last next"', '?b'],
    ['</next?b>; title="x, y; z"; rel="next"', '?b'],
    ['</next?b>; rel="next', '?b'],
    ['</v2/_catalog?last=b>', '?last=b'],
    ['/v2/_catalog?last=b&n=2; rel="next"', '?last=b&n=2'],
    ['</v2/_catalog?last=a%2Fb%3D>; rel="next"', '?last=a%2Fb%3D'],
    ['</prev>; rel="prev"', undefined],
    ['</x>; rel="nextish"', undefined],
    ['', undefined],
    [undefined, undefined],
    ['nonsense', undefined],
  ])('%s leads to the page %s', (header, query) => {
    expect(nextPage(header, base)?.href).toBe(query && new URL(query, base).href);
  });

  test('an invalid address is an error', () => {
    expect(() => nextPage('<http://[>; rel="next"', base)).toThrow(SlimboardError);
  });

  test('any text gives an address of the same list, nothing, or a SlimboardError', () => {
    fc.assert(
      fc.property(hostileText, (header) => {
        onlyOwnErrors(() => {
          const next = nextPage(header, base);
          if (next) expect(next.origin + next.pathname).toBe(base.origin + base.pathname);
        });
      }),
    );
  });
});

describe('challenge', () => {
  test.each([
    [
      'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: {
            realm: 'https://auth.example.com/token',
            service: 'registry.example.com',
            scope: 'repository:a/b:pull,push',
          },
        },
      ],
    ],
    ['Basic realm="Registry Realm"', [{ scheme: 'basic', parameters: { realm: 'Registry Realm' } }]],
    ['BASIC Realm=simple', [{ scheme: 'basic', parameters: { realm: 'simple' } }]],
    [
      'Basic realm="a, b", Bearer realm = "https://x/t" , service="s"',
      [
        { scheme: 'basic', parameters: { realm: 'a, b' } },
        { scheme: 'bearer', parameters: { realm: 'https://x/t', service: 's' } },
      ],
    ],
    ['Bearer realm="a \\"quoted\\" word"', [{ scheme: 'bearer', parameters: { realm: 'a "quoted" word' } }]],
    [
      'Negotiate, Basic realm="x"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'x' } },
      ],
    ],
    ['Bearer realm="never ends', [{ scheme: 'bearer', parameters: { realm: 'never ends' } }]],
    ['Bearer realm="first",realm="second"', [{ scheme: 'bearer', parameters: { realm: 'first' } }]],
    ['realm="no scheme"', []],
    ['', []],
    [undefined, []],
  ])('%s is the challenges %j', (header, challenges) => {
    expect(
      parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })),
    ).toEqual(challenges);
  });

  test('several headers are several challenges', () => {
    expect(parseChallenges(['Basic realm="a"', 'Bearer realm="b"']).map(({ scheme }) => scheme)).toEqual([
      'basic',
      'bearer',
    ]);
  });

  test('any text is parsed without an exception, and quoted values are unquoted', () => {
    fc.assert(fc.property(hostileText, (text) => void parseChallenges(text)));
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (value) => {
        const quoted = value.replaceAll(/["\\]/g, '\\$&');
        expect(parseChallenges(`Bearer realm="${quoted}",service="s"`)[0]?.parameters.realm).toBe(value);
      }),
    );
  });
});

describe('Retry-After and budgets', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');

  test.each([
    ['0', 0],
    ['120', 120_000],
    ['1.5', 1_500],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    [`${nowMs / 1_000 + 30}`, 30_000],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After: %s', (value, ms) => {
    expect(parseRetryAfter(value, nowMs)).toBe(ms);
  });

  test.each([
    [{ 'ratelimit-remaining': '76;w=21600' }, { remaining: 76, windowMs: 21_600_000 }],
    [
      { 'ratelimit-remaining': '12', 'ratelimit-reset': '30' },
      { remaining: 12, windowMs: 30_000 },
    ],
    [{ 'ratelimit-remaining': '12', 'ratelimit-reset': '1767225600' }, { remaining: 12 }],
    [{ 'ratelimit-remaining': '12' }, { remaining: 12 }],
    [{ 'ratelimit-remaining': 'many' }, {}],
    [
      { 'retry-after': 'Thu, 01 Jan 2026 05:00:30 GMT', date: 'Thu, 01 Jan 2026 05:00:00 GMT' },
      { retryAfterMs: 30_000 },
    ],
    [{}, {}],
  ])('%j says %j', (headers, limits) => {
    expect(rateLimitsOf(headers, nowMs)).toEqual(limits);
  });

  test('any text gives a delay of at least 0, or none', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(parseRetryAfter(text, nowMs) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('redirects', () => {
  const from = new URL('https://registry.example.com/v2/a/blobs/x');
  const to = (location: string, start = from) =>
    redirectTarget({ status: 307, headers: { location }, body: Buffer.alloc(0) }, start, 'it')?.href;

  test.each([
    ['https://store.example.com/x?signature=1', 'https://store.example.com/x?signature=1'],
    ['/elsewhere', 'https://registry.example.com/elsewhere'],
    ['//store.example.com/x', 'https://store.example.com/x'],
  ])('%s is followed', (location, target) => {
    expect(to(location)).toBe(target);
  });

  test.each(['http://store.example.com/x', 'ftp://x/', 'file:///etc/passwd', 'http://', 'javascript:alert(1)'])(
    '%s is refused',
    (location) => {
      expect(() => to(location)).toThrow(SlimboardError);
    },
  );

  test('from plain HTTP to plain HTTP is followed', () => {
    expect(to('http://store.example.com/', new URL('http://127.0.0.1:5000/'))).toBe('http://store.example.com/');
  });

  test('any location gives an HTTP(S) address, or a SlimboardError', () => {
    fc.assert(
      fc.property(hostileText, (location) => {
        onlyOwnErrors(() => expect(to(location)).toMatch(/^https:/));
      }),
    );
  });
});

describe('failures', () => {
  const failure = (code: string, scheme = 'https:') =>
    failureOf(Object.assign(new Error('x'), { code }), 'host/app:1', scheme);

  test.each([
    ['ECONNREFUSED', /connection refused.*--plain-http/],
    ['ENOTFOUND', /host not found/],
    ['EAI_AGAIN', /DNS/],
    ['ETIMEDOUT', /connecting timed out/],
    ['UND_ERR_HEADERS_TIMEOUT', /timed out before the answer was complete/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /asks for a client certificate/],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /asks for a client certificate/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /asks for a client certificate/],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', /asks for a client certificate/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /caFile/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /caFile/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /caFile/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /caFile/],
    ['EAI_FAIL', /DNS/],
    ['EHOSTDOWN', /cannot be reached/],
    ['ENETDOWN', /cannot be reached/],
    ['EPERM', /firewall/],
    ['EACCES', /firewall/],
    ['EMFILE', /limit of open files/],
    ['ENFILE', /limit of open files/],
    ['ENOBUFS', /limit of open files/],
    ['ECONNABORTED', /closed early/],
    ['INVALID_CA', /not valid for this use/],
    ['INVALID_PURPOSE', /not valid for this use/],
    ['PATH_LENGTH_EXCEEDED', /not valid for this use/],
    ['EE_KEY_TOO_SMALL', /not valid for this use/],
    ['UNSPECIFIED', /not valid for this use/],
    ['HOSTNAME_MISMATCH', /for another host/],
    ['CERT_HAS_EXPIRED', /has expired/],
    ['CERT_NOT_YET_VALID', /not valid yet.*clock of this machine/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another host/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /--plain-http/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /TLS versions/],
    ['HPE_INVALID_CONSTANT', /not HTTP/],
  ])('%s says what to do', (code, message) => {
    expect(failure(code)).toMatchObject({ code: 'registry-unavailable', message: expect.stringMatching(message) });
    expect(failure(code).message).toMatch(/^host\/app:1: /);
  });

  test('a refused connection over plain HTTP does not advise plain HTTP', () => {
    expect(failure('ECONNREFUSED', 'http:').message).not.toContain('--plain-http');
  });

  test('of several addresses, the first failure is reported', () => {
    const error = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]);
    expect(failureOf(error, 'x', 'http:').message).toContain('ECONNREFUSED');
  });

  test('an unknown system error is reported with its code and call', () => {
    const error = Object.assign(new Error('x'), { code: 'EREMCHG', syscall: 'connect' });
    expect(failureOf(error, 'host/app:1', 'https:')).toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining('host/app:1: connect failed (EREMCHG)'),
    });
    expect(isPassing(error)).toBe(true);
  });

  test('an error that is no network failure is thrown unchanged', () => {
    const bug = new TypeError('x is no function');
    expect(() => failureOf(bug, 'x', 'http:')).toThrow(bug);
  });

  test.each([
    ['ECONNRESET', true],
    ['EAI_AGAIN', true],
    ['ENOTFOUND', false],
    ['INVALID_CA', false],
    ['HOSTNAME_MISMATCH', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
    ['ERROR_IN_CERT_NOT_BEFORE_FIELD', false],
    ['UND_ERR_HEADERS_OVERFLOW', false],
  ])('%s is temporary: %s', (code, passing) => {
    expect(isPassing(Object.assign(new Error('x'), { code }))).toBe(passing);
  });

  test.each([
    ['{"errors":[{"code":"DENIED","message":"no"}]}', ' (DENIED: no): grant read access'],
    ['{"errors":[{"status":403,"message":"Forbidden for u"}]}', ' (Forbidden for u): grant'], // Artifactory
    ['{"message":"no Route matched"}', ' (no Route matched): grant'], // Kong
    ['{"details":"incorrect username or password"}', ' (incorrect username or password): grant'], // Docker Hub's login
    ['Forbidden\n', ' (Forbidden): grant'], // GitLab, for a banned address
    ['\n<!DOCTYPE html><title>Blocked</title>', ' (with a page: a proxy or a login may have answered'],
    ['<html>', ' (with a page: '],
    ['<Error><Code>AccessDenied</Code></Error>', ' (AccessDenied): grant'],
    [
      '\uFEFF<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>Server failed\nRequestId:1</Message></Error>',
      ' (AuthenticationFailed: Server failed',
    ], // Azure
    ['<Error>', 'anonymous access: grant'],
    ['{"errors":', 'anonymous access: grant'],
    ['"x"', 'anonymous access: grant'],
    ['', 'anonymous access: grant'],
  ])('the message of a refusal contains what the registry says: %s', (body, said) => {
    const { message } = refusalOf({ status: 403, headers: {}, body: Buffer.from(body) }, 'x', 'anonymous access');
    expect(message).toContain(said);
  });

  test('any error body is parsed without an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.constantFrom(400, 401, 403, 404, 405, 418, 429, 500),
        (text, status) => {
          const answer = { status, headers: {}, body: Buffer.from(text) };
          errorCodeOf(answer);
          expect(refusalOf(answer, 'x', 'y').message.length).toBeLessThan(700);
        },
      ),
    );
  });
});

describe('reference', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,5})?$/);
  const reference = fc.record(
    {
      registry: fc
        .constantFrom('registry.example.com', 'localhost:5000', '127.0.0.1:80', 'docker.io', '[::1]:5000')
        .map(parseRegistryHost),
      repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
      digest: fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
    },
    { requiredKeys: ['registry', 'repository', 'tag'] },
  );

  test('a formatted reference is parsed back', () => {
    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value as Parameters<typeof formatReference>[0]))).toEqual(value);
      }),
    );
  });

  test('any text gives a reference, or a SlimboardError', () => {
    fc.assert(fc.property(hostileText, (text) => onlyOwnErrors(() => parseReference(text))));
    fc.assert(fc.property(hostileText, (text) => onlyOwnErrors(() => parseRegistryHost(text))));
  });
});

test.each([
  ['a number', '300', 300_000],
  ['text', '"300"', 300_000],
  ['a negative number', '-1', 60_000],
  ['an object that is no number', '{"toString":1,"valueOf":1}', 60_000],
  ['a list nested deeper than the stack', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 60_000],
])('the life of a token is %s', (_, expiresIn, lifeMs) => {
  const client = {
    registry: parseRegistryHost('registry.example.com'),
    base: new URL('https://registry.example.com'),
    send: () => Promise.reject(new Error('not asked')),
  };
  const server = new TokenServer(client, { scheme: 'bearer', parameters: { realm: 'https://auth.example.com/token' } });
  const body = Buffer.from(`{"token":"t","expires_in":${expiresIn}}`);
  expect(server.read({ status: 200, headers: {}, body }, undefined).lifeMs).toBe(lifeMs);
});
