import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotFoundError } from '../../src/errors.ts';
import { createLogger, type LoggerOptions } from '../../src/log.ts';
import { publicCommandLine, withoutCredentials } from '../../src/without-credentials.ts';

function logged(options: Partial<LoggerOptions>, write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const stream = {
    write(chunk: string | Uint8Array) {
      text += chunk;
      return true;
    },
  };
  write(createLogger({ level: 'info', format: 'json', stream, ...options }));
  return text;
}

describe('the logger', () => {
  test("writes one JSON object per line, with the caller's bindings", () => {
    const text = logged({}, (log) => {
      const audit = log.child({ audit: 12, source: 'prod' });
      audit.info({ repository: 'team/app' }, 'listed');
      audit.warn('slow');
    });
    const [first, second, end] = text.split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({
      level: 'info',
      audit: 12,
      source: 'prod',
      repository: 'team/app',
      msg: 'listed',
    });
    expect(JSON.parse(second ?? '')).toMatchObject({ level: 'warn', audit: 12, msg: 'slow' });
    expect(end).toBe('');
  });

  test('writes one line for people', () => {
    const text = logged({ format: 'pretty' }, (log) => log.info({ audit: 12, repository: 'a b' }, 'listed'));
    expect(text).toMatch(/^\d\d:\d\d:\d\d info {2}listed audit=12 repository="a b"\n$/);
    expect(logged({ format: 'pretty', color: true }, (log) => log.error('no'))).toContain('\u001b[31merror');
  });

  test('keeps text from outside on its line, and from controlling the terminal', () => {
    const text = logged({ format: 'pretty', level: 'debug' }, (log) => {
      const hostile = '\u001b]0;title\u0007\u009b1m\u202e\n::error::x';
      log.warn({ item: hostile, path: '\u001b[2J', error: new Error(hostile) }, hostile);
    });
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(text.split('\n')[0]).toMatch(/warn {2}\]0;title1m ::error::x item=.*error=/);
  });

  test('does not repeat a cause that the message includes', () => {
    const text = logged({ format: 'pretty' }, (log) => {
      log.warn({ error: new Error('Postgres is away: refused', { cause: new Error('refused') }) }, 'waits');
    });
    expect(text).toMatch(/waits error="Postgres is away: refused"\n$/);
  });

  test('shows a stack trace only at levels debug and trace', () => {
    const error = new NotFoundError('tag is gone', { cause: new Error('404') });
    for (const format of ['json', 'pretty'] as const) {
      const hidden = logged({ format }, (log) => log.error({ error }, 'failed'));
      expect(hidden).not.toContain('log.test.ts');
      expect(hidden).toContain('tag is gone');
      expect(hidden).toContain('404');
      for (const level of ['debug', 'trace'] as const)
        expect(logged({ format, level }, (log) => log.error({ error }, 'failed'))).toContain('log.test.ts');
    }
  });

  test('tells what was thrown that is no error', () => {
    const text = logged({}, (log) => log.error({ error: 'gone' }, 'failed'));
    expect(JSON.parse(text)).toMatchObject({ error: { name: 'string', message: 'gone' } });
  });

  test('writes fields that come without a message', () => {
    expect(logged({ format: 'pretty' }, (log) => log.info({ audit: 12 }))).toMatch(/info {3}audit=12\n$/);
  });

  test('leaves out other fields of an error, which may hold requests and parameters', () => {
    const error = Object.assign(new Error('failed'), { code: '23505', parameters: ['hunter2'] });
    for (const entry of [{ error }, error]) {
      const text = logged({}, (log) => log.error(entry, 'failed'));
      expect(JSON.parse(text)).toMatchObject({ error: { code: '23505' } });
      expect(text).not.toContain('hunter2');
    }
  });

  test('logs only errors when quiet, and nothing when silent', () => {
    const write = (log: ReturnType<typeof createLogger>) => {
      log.warn('slow');
      log.error('broken');
    };
    expect(logged({ quiet: true }, write)).toContain('broken');
    expect(logged({ quiet: true }, write)).not.toContain('slow');
    expect(logged({ quiet: true, level: 'silent' }, write)).toBe('');
  });
});

describe('credentials', () => {
  test.each([
    ['in a URL', 'postgres://audit:hunter2@db.example.com/x', 'postgres://[redacted]@db.example.com/x'],
    ['with an at sign', 'postgres://app:hunter2@hunter2@db/app', 'postgres://[redacted]@db/app'],
    ['without a name', 'redis://:hunter2@127.0.0.1:6379', 'redis://[redacted]@127.0.0.1:6379'],
    ['in a header', 'Authorization: Bearer hunter2.abc.def', 'Authorization: Bearer [redacted]'],
    ['of basic authentication', 'basic aHVudGVyMjpodW50ZXIy', 'basic [redacted]'],
    [
      'in a signed URL',
      'https://blobs.example.com/a?n=100&X-Amz-Signature=hunter2&sig=hunter2',
      'https://blobs.example.com/a?n=100&X-Amz-Signature=[redacted]&sig=[redacted]',
    ],
    ['in a member named like a header', '{"authorization":"abc"}', '{"authorization":"[redacted]"}'],
    ['in a member', '{"refresh_token":"hunter\\"2","tag":"1"}', '{"refresh_token":"[redacted]","tag":"1"}'],
  ])('%s are taken out', (_, text, expected) => {
    expect(withoutCredentials(text)).toBe(expected);
  });

  test.each(['@', '"', "'", '\\', '/', ' ', ' x://', '\n', '#', '?'])(
    'in arguments are taken out with the character %j',
    (character) => {
      const url = `postgres://app:a${character}hunter2@db/app`;
      for (const words of [['--database', url], [`--database=${url}`]])
        expect(publicCommandLine(['slimboard', ...words, 'audit'])).toMatch(
          /^slimboard --database[ =]postgres:\/\/\[redacted\]@db\/app audit$/,
        );
    },
  );

  test.each(['@', '"', "'", '\\', '/', ' ', '\n', '#', '?', '&'])(
    'in the query of an argument are taken out with the character %j',
    (character) => {
      for (const start of ['postgres://db/app?', 'postgres://app@db/app?sslmode=require&'])
        expect(publicCommandLine(['--database', `${start}password=a${character}hunter2`, 'audit'])).toMatch(
          /^--database postgres:\/\/\S*\[redacted\] audit$/,
        );
    },
  );

  test('leaves ordinary text unchanged', () => {
    const text = 'GET https://registry.example.com/v2/team/app/tags/list?n=1000&last=v1 answered 429, user@example.com';
    expect(withoutCredentials(text)).toBe(text);
  });

  test('hides a secret anywhere in a line, which stays valid JSON', () => {
    const secrets = fc.stringMatching(/^[A-Za-z0-9]{12,30}$/);
    fc.assert(
      fc.property(secrets, fc.string(), (secret, other) => {
        const text = logged({}, (log) =>
          log.info(
            {
              nested: { deep: [{ password: secret }] },
              error: new Error(`https://u:${secret}@h/ said Bearer ${secret}`),
              other,
            },
            `connecting to redis://${secret}@127.0.0.1`,
          ),
        );
        expect(text).not.toContain(secret);
        expect(JSON.parse(text)).toHaveProperty('nested.deep');
      }),
    );
  });
});
