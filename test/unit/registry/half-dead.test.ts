import { describe, expect, test } from 'vitest';
import {
  auditSimulated,
  type Manner,
  type MannerOf,
  type SimulatedRequest,
  seededRandom,
} from '../../support/simulated-registry.ts';

const REPOSITORIES = 200;
const TAGS = 3 * REPOSITORIES;
const UNAVAILABLE: Manner = { status: 503 };
const refusal = (status: number, retryAfter?: number): Manner =>
  retryAfter === undefined ? { status } : { status, headers: { 'retry-after': `${retryAfter}` } };

/** A registry of whose repositories a number is dead, spread over its list. */
function withDead(dead: number, manner: Manner): MannerOf {
  return ({ repository }) => (isDead(repository, dead) ? manner : undefined);
}

function isDead(repository: number, dead: number): boolean {
  return (repository * 77) % REPOSITORIES < dead;
}

/** A registry that refuses a part of all requests, whatever they ask for, until a moment. */
function shedding(part: number, manner: Manner, untilSeconds: number): MannerOf {
  const random = seededRandom(7);
  return ({ atMs }) => (atMs < untilSeconds * 1_000 && random() < part ? manner : undefined);
}

describe.each([1, 4, 40, 100, 190])('of 200 repositories, %d', (dead) => {
  test.each<[string, Manner]>([
    ['answer 503', UNAVAILABLE],
    ['answer 500', { status: 500 }],
    ['close connections', { failsWith: 'ECONNRESET', afterMs: 20 }],
  ])('%s: each takes its eight attempts, and slows no other', async (_how, manner) => {
    const { seconds, requests, unread } = await auditSimulated(REPOSITORIES, withDead(dead, manner));
    expect(unread).toBe(3 * dead);
    expect(requests).toHaveLength(8 * dead + 4 * (REPOSITORIES - dead));
    // Sixteen at a time, each for eight seconds at the most; and pauses until the first of 200 is answered.
    expect(seconds).toBeLessThan(8 * Math.ceil(dead / 16) + (dead === 190 ? 125 : 0));
  });

  test('never answer: each costs two timeouts, sixteen at a time', async () => {
    const hangs: Manner = { failsWith: 'UND_ERR_HEADERS_TIMEOUT', afterMs: 30_000 };
    const { seconds, unread } = await auditSimulated(REPOSITORIES, withDead(dead, hangs));
    expect(unread).toBeGreaterThanOrEqual(3 * dead);
    expect(seconds).toBeLessThan(130 * Math.ceil(dead / 16));
  });

  test.each([429, 503])(
    'answer %d with Retry-After: nothing is sent before that is over, but what was under way',
    async (status) => {
      const { requests } = await auditSimulated(REPOSITORIES, withDead(dead, refusal(status, 5)), 600);
      expect(sentDespite(requests, 5_000)).toEqual([]);
    },
  );
});

/** The requests that were sent between a refusal, which took 20 ms, and the end of its Retry-After. */
function sentDespite(requests: readonly SimulatedRequest[], retryAfterMs: number): readonly SimulatedRequest[] {
  let pausedFromMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  return requests.filter(({ atMs, manner }) => {
    const isEarly = atMs > pausedFromMs && atMs < pausedUntilMs;
    if (manner) {
      pausedFromMs = atMs + 20;
      pausedUntilMs = pausedFromMs + retryAfterMs;
    }
    return isEarly;
  });
}

test('a registry whose repositories are all down is given up after five minutes, with a few thousand requests', async () => {
  const { seconds, requests, unread } = await auditSimulated(1_000, () => UNAVAILABLE);
  expect(unread).toBe(3_000);
  expect(seconds).toBeLessThan(330);
  expect(requests.length).toBeLessThan(4_000);
});

describe.each([0.02, 0.1, 0.5, 0.9, 1])('a registry that refuses %d of all requests for a minute', (part) => {
  test.each<[string, Manner]>([
    ['503', UNAVAILABLE],
    ['503 and Retry-After', refusal(503, 5)],
    ['429', refusal(429)],
    ['429 and Retry-After', refusal(429, 5)],
  ])('with %s is slowed down for, and loses nothing', async (_how, manner) => {
    const { requests, unread } = await auditSimulated(REPOSITORIES, shedding(part, manner, 60));
    expect(unread).toBe(0);
    expect(requests.filter((request) => request.manner).length).toBeLessThan(250);
  });
});

test.each([20, 60])('a registry that is down for %d seconds while it is read loses nothing', async (seconds) => {
  const isDown = ({ atMs }: SimulatedRequest) => atMs > 100 && atMs < seconds * 1_000;
  const { requests, unread } = await auditSimulated(REPOSITORIES, (request) =>
    isDown(request) ? UNAVAILABLE : undefined,
  );
  expect(unread).toBe(0);
  expect(requests.length).toBeLessThan(TAGS + REPOSITORIES + 350);
});

test('tags that answer 503 in half of the repositories, all of which can be listed, take minutes, not hours', async () => {
  const listed = new Set<number>();
  const { seconds, unread } = await auditSimulated(REPOSITORIES, ({ repository }) =>
    listed.size < listed.add(repository).size || !isDead(repository, 100) ? undefined : UNAVAILABLE,
  );
  expect(unread).toBe(300);
  expect(seconds).toBeLessThan(600);
});

/** A limit of requests per window, which begins with the first request in it. */
function quota(requests: number, windowMs: number, refusalOf: (leftMs: number) => Manner): MannerOf {
  let fromMs = Number.NEGATIVE_INFINITY;
  let used = 0;
  return ({ atMs }) => {
    if (atMs - fromMs >= windowMs) {
      fromMs = atMs;
      used = 0;
    }
    used++;
    return used > requests ? refusalOf(fromMs + windowMs - atMs) : undefined;
  };
}

test.each<[string, (leftMs: number) => Manner]>([
  [
    'Docker Hub, with 429 and what remains',
    () => ({ status: 429, headers: { 'ratelimit-remaining': '0;w=60' }, code: 'TOOMANYREQUESTS' }),
  ],
  ['GitHub, with 429 and Retry-After', (leftMs) => refusal(429, Math.ceil(leftMs / 1_000))],
  ['GitHub, with 403 and Retry-After', (leftMs) => refusal(403, Math.ceil(leftMs / 1_000))],
  ['Harbor, Quay and Artifactory, with 503', () => UNAVAILABLE],
])('a limit of 100 requests a minute, told as by %s, loses nothing', async (_how, refusalOf) => {
  const { requests, seconds, unread } = await auditSimulated(REPOSITORIES, quota(100, 60_000, refusalOf));
  expect(unread).toBe(0);
  expect(requests.filter(({ manner }) => manner).length).toBeLessThan(300);
  expect(seconds).toBeLessThan(2 * 8 * 60);
});

test.each([
  [1, 429, 5],
  [1, 503, 60],
  [1, 429, 3_600],
  [1, 429, undefined],
  [40, 429, 5],
])(
  'of 200 repositories, %d that answer only %d with Retry-After %s are given up after hours',
  async (dead, status, retryAfter) => {
    const { seconds, requests, unread } = await auditSimulated(
      REPOSITORIES,
      withDead(dead, refusal(status, retryAfter)),
    );
    expect(unread).toBe(3 * dead);
    expect(seconds).toBeGreaterThan(7_200);
    expect(seconds).toBeLessThan(4 * 3_600);
    if (retryAfter) expect(sentDespite(requests, 1_000 * retryAfter)).toEqual([]);
  },
);

test.each([
  [100, 6],
  [90, 6],
  [50, 6],
  [30, 6],
  [60, 3],
  [40, 3],
  [20, 3],
  [10, 3],
  [20, 1],
  [10, 1],
  [5, 1],
  [3, 1],
])('a limit of %d requests in %d hours loses nothing', async (limit, hours) => {
  const refusing = quota(limit, hours * 3_600_000, (leftMs) => refusal(429, Math.ceil(leftMs / 1_000)));
  expect((await auditSimulated(REPOSITORIES, refusing, 10_000_000)).unread).toBe(0);
});
