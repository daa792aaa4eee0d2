import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlobs } from '../../../src/common/glob.ts';
import { baseRegex, globRegex } from '../../../src/report/glob-regex.ts';

describe('a glob as a regular expression', () => {
  const piece = fc.constantFrom(...'ab.+$,*?/', '**', '{a,b}', '{a/**,b}', '{,**/a}', 'a/');
  const glob = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const name = fc.array(fc.constantFrom(...'ab.+$,/'), { maxLength: 6 }).map((pieces) => pieces.join(''));

  test('matches what the glob matches', () => {
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        expect([pattern, text, new RegExp(globRegex(pattern)).test(`/${text}`)]).toEqual([
          pattern,
          text,
          compileGlobs([pattern])(text),
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  test('refuses an invalid glob', () => {
    expect(() => globRegex('a(b')).toThrow('is not a pattern');
  });

  test.each([
    ['stars', '{a,b}'.repeat(8) + '*a'.repeat(230)],
    ['any number of parts', '{a,b}'.repeat(8) + '**/'.repeat(150)],
  ])('refuses braces that repeat %s: Postgres would take a minute to compile it', (_, glob) => {
    for (const run of [() => globRegex(glob), () => baseRegex(`a;${glob}`)])
      expect(run).toThrow('too long when its braces are expanded');
  });

  test('has one star for several', () => {
    expect(globRegex(`a${'*'.repeat(500)}`)).toBe(globRegex('a*'));
  });
});
