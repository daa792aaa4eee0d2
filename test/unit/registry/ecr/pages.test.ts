import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidReferenceError, MalformedContentError, RegistryUnavailableError } from '../../../../src/errors.ts';
import { readPages } from '../../../../src/registry/ecr/pages.ts';
import { collect } from '../../../support/collect.ts';

function expired(): Error {
  return new InvalidReferenceError('refused', {
    cause: Object.assign(new Error('nextToken'), { name: 'InvalidParameterException' }),
  });
}

test('a listing is complete and without duplicates, wherever its token expires', async () => {
  const entries = fc.uniqueArray(fc.string(), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(entries, fc.integer({ min: 1, max: 7 }), fc.nat(12), async (all, size, expiresAt) => {
      let calls = 0;
      const fetchPage = async (token: string | undefined) => {
        calls += 1;
        if (token !== undefined && calls === expiresAt) throw expired();
        const from = Number(token ?? 0);
        const next = from + size < all.length ? String(from + size) : undefined;
        return { items: all.slice(from, from + size), nextToken: next };
      };
      expect(await collect(readPages(fetchPage, (entry) => entry))).toEqual(all);
    }),
  );
});

test('a listing whose tokens expire again and again is complete, as long as every restart gets further', async () => {
  let expiresAt = 2;
  const fetchPage = async (token = '0') => {
    const at = Number(token);
    if (at === expiresAt) {
      expiresAt += 2;
      throw expired();
    }
    return { items: [at], nextToken: at < 9 ? String(at + 1) : undefined };
  };
  expect(await collect(readPages(fetchPage, String))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a listing whose token expires at the same place again is an error that may pass, not a loop', async () => {
  const asked: (string | undefined)[] = [];
  const fetchPage = async (token: string | undefined) => {
    asked.push(token);
    if (asked.length > 10) return { items: ['far'], nextToken: undefined };
    if (token !== undefined) throw expired();
    return { items: ['a'], nextToken: 'second' };
  };
  await expect(collect(readPages(fetchPage, String))).rejects.toThrow(RegistryUnavailableError);
  expect(asked).toEqual([undefined, 'second', undefined, 'second']);
});

test('a first page that is refused is an error', async () => {
  const fetchPage = () => Promise.reject(expired());
  await expect(collect(readPages(fetchPage, String))).rejects.toThrow(InvalidReferenceError);
});

test('a page that names itself as the next one ends the listing with an error', async () => {
  const fetchPage = async () => ({ items: ['a'], nextToken: 'same' });
  await expect(collect(readPages(fetchPage, String))).rejects.toThrow(MalformedContentError);
});
