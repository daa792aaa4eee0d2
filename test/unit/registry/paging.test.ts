import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  MalformedContentError,
  RateLimitedError,
  RegistryUnavailableError,
  UnsupportedContentError,
} from '../../../src/errors.ts';
import { parseJsonObject } from '../../../src/oci/json.ts';
import type { Answer } from '../../../src/registry/exchange.ts';
import { listNames } from '../../../src/registry/paging.ts';
import { collect } from '../../support/collect.ts';

const FIRST = new URL('https://registry.example.com/v2/app/tags/list?n=1000');
const listing = { first: FIRST, field: 'tags', what: 'its tags' };

function page(names: readonly string[], next: string | undefined): Answer {
  const body = Buffer.from(JSON.stringify({ tags: names }));
  return { status: 200, headers: next === undefined ? {} : { link: `<${next}>; rel="next"` }, body };
}

const thousand = (from: number): readonly string[] => Array.from({ length: 1_000 }, (_, at) => `v${from + at}`);

/** All names of a listing whose pages are fetched so. */
function namesOf(fetchPage: (url: URL) => Promise<Answer>): Promise<readonly unknown[]> {
  return collect(listNames(listing, fetchPage));
}

test('200,000 tags in one repository are read one page at a time', async () => {
  let fetched = 0;
  let taken = 0;
  let names = 0;
  const fetchPage = async (): Promise<Answer> => {
    expect(fetched).toBe(taken);
    fetched += 1;
    return page(thousand(fetched * 1_000), fetched < 200 ? `?last=${fetched}` : undefined);
  };
  for await (const given of listNames(listing, fetchPage)) {
    taken += 1;
    names += given.length;
  }
  expect({ fetched, names }).toEqual({ fetched: 200, names: 200_000 });
});

test('a single page with all names is passed on in parts', async () => {
  const all = Array.from({ length: 4 }, (_, at) => thousand(at * 1_000)).flat();
  const parts: number[] = [];
  for await (const given of listNames(listing, async () => page([...all, 'last'], undefined))) parts.push(given.length);
  expect(parts).toEqual([1_000, 1_000, 1_000, 1_000, 1]);
});

test('after a full page without a Link header the next one is asked for by the last name', async () => {
  const asked: string[] = [];
  const unlinked = async (url: URL): Promise<Answer> => {
    asked.push(url.search);
    return page(asked.length === 3 ? ['last'] : thousand(asked.length * 1_000), undefined);
  };
  expect(await namesOf(unlinked)).toHaveLength(2_001);
  expect(asked).toEqual(['?n=1000', '?n=1000&last=v1999', '?n=1000&last=v2999']);
});

test.each([
  ['and n has sent everything with its first page', 1_000],
  ['has sent as many as were asked for: the others are read without n', 2_500],
])('a registry that ignores the last name %s', async (_what, count) => {
  const all = [...thousand(0), ...thousand(1_000), ...thousand(2_000)].slice(0, count);
  const asked: string[] = [];
  const sizeOnly = async (url: URL): Promise<Answer> => {
    asked.push(url.search);
    return page(all.slice(0, Number(url.searchParams.get('n') ?? count)), undefined);
  };
  expect(await namesOf(sizeOnly)).toEqual(all);
  expect(asked).toEqual(['?n=1000', '?n=1000&last=v999', '']);
});

test.each([
  ['all names, with 405 (Amazon ECR Public)', 1_000, new UnsupportedContentError('no such page token')],
  ['all names, with 400 (Artifactory: a number)', 1_000, new MalformedContentError('not a number')],
  ['as many as were asked for', 1_500, new MalformedContentError('not a number')],
])(
  'a registry that refuses the last name after it has sent %s: the others are read without n',
  async (_what, count, refusal) => {
    const all = [...thousand(0), ...thousand(1_000)].slice(0, count);
    const refusing = async (url: URL): Promise<Answer> => {
      if (url.searchParams.has('last')) throw refusal;
      return page(all.slice(0, Number(url.searchParams.get('n') ?? count)), undefined);
    };
    expect(await namesOf(refusing)).toEqual(all);
  },
);

test.each([new RateLimitedError('too many requests', 90_000), new RegistryUnavailableError('HTTP 503')])(
  'a failure that may pass is no refusal of the last name: $message',
  async (failure) => {
    const failing = async (url: URL): Promise<Answer> => {
      if (url.searchParams.has('last')) throw failure;
      return page(thousand(0), undefined);
    };
    await expect(namesOf(failing)).rejects.toBe(failure);
  },
);

test('the last page of a registry that sends Link headers may be full', async () => {
  let pages = 0;
  const linked = async (): Promise<Answer> => {
    pages += 1;
    return page(thousand(pages * 1_000), pages < 2 ? '?cursor=x&n=1000' : undefined);
  };
  await namesOf(linked);
  expect(pages).toBe(2);
});

test('a name that is listed twice, in one page or in two, is passed on once', async () => {
  const pages = [page(['a', 'b', 'a'], '?last=b'), page(['b', 'c'], '?last=c'), page(['c'], undefined)];
  expect(await namesOf(async () => pages.shift() as Answer)).toEqual(['a', 'b', 'c']);
});

test('an endless listing with new names on each page is stopped by its size', async () => {
  const megabytes = 8;
  // One for all pages: to make each of them took longer than to read it.
  const padded = Buffer.alloc(megabytes * 1_048_576 + 1, ' ');
  let pages = 0;
  const endless = async (): Promise<Answer> => {
    pages += 1;
    const answer = page([`v${pages}`], `?last=${pages}`);
    answer.body.copy(padded);
    return { ...answer, body: padded };
  };
  await expect(namesOf(endless)).rejects.toMatchObject({
    code: 'malformed-content',
    message: expect.stringMatching(/does not end: more than/),
  });
  expect(pages).toBeLessThanOrEqual(256 / megabytes);
});

test('a filtered listing may have a hundred empty pages in a row, and then names', async () => {
  let pages = 0;
  const filtered = async (): Promise<Answer> => {
    pages += 1;
    return page(pages % 101 === 0 ? [`v${pages}`] : [], pages < 202 ? `?last=${pages}` : undefined);
  };
  expect(await namesOf(filtered)).toEqual(['v101', 'v202']);
});

test('an endless listing of empty pages is stopped after a hundred', async () => {
  let pages = 0;
  const empty = async (): Promise<Answer> => {
    pages += 1;
    return page([], pages < 1_000 ? `?last=${pages}` : undefined);
  };
  await expect(namesOf(empty)).rejects.toMatchObject({
    code: 'malformed-content',
    message: expect.stringMatching(/100 empty pages in a row/),
  });
  expect(pages).toBe(101);
});

test('an answer that is not JSON is not quoted, because it may contain a token', () => {
  const parse = (): unknown => parseJsonObject('{"token":"sec{ret"oops', 'a token');
  expect(parse).toThrow('a token is not valid JSON');
  try {
    parse();
  } catch (error) {
    expect(inspect(error, { depth: 5 })).not.toContain('sec{ret');
  }
});

test('a list of more than eight million names is too long: short ones are cheap to send and dear to keep', async () => {
  const million = Buffer.from(`{"tags":[${'"x",'.repeat(999_999)}"x"]}`);
  let pages = 0;
  const fetchPage = async (): Promise<Answer> => {
    pages += 1;
    // The first name differs, as otherwise the page would be the same as the one before.
    const body = Buffer.concat([Buffer.from(`{"tags":["${pages}",`), million.subarray(9)]);
    return { status: 200, headers: { link: `<?last=${pages}>; rel="next"` }, body };
  };
  await expect(namesOf(fetchPage)).rejects.toThrow(
    "its tags: the registry's list does not end: more than 8000000 names",
  );
  expect(pages).toBe(8);
});
