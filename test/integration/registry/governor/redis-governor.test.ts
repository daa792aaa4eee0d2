import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseRegistryHost, type RegistryHost } from '../../../../src/oci/reference.ts';
import type { Clock } from '../../../../src/registry/clock.ts';
import {
  admit,
  type GovernorState,
  INITIAL_STATE,
  OUTAGE_AFTER,
  settle,
} from '../../../../src/registry/governor/policy.ts';
import { createRedisGovernor, type RedisGovernor } from '../../../../src/registry/governor/redis-governor.ts';
import { POLICY_SCRIPT } from '../../../../src/registry/governor/script.ts';
import type { PlaceOptions, RequestOutcome } from '../../../../src/registry/registry.ts';
import { manualClock } from '../../../support/manual-clock.ts';
import { fail, newPrefix, useRedis } from '../../../support/use-redis.ts';

const HOST = parseRegistryHost('registry.example.com');
const OTHER = parseRegistryHost('other.example.com');
const OK: RequestOutcome = { status: 200, kind: 'answered' };

const redis = useRedis();
let prefix = newPrefix();
const opened: RedisGovernor[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((governor) => governor.close()));
  prefix = newPrefix();
});

/** The governor of one process of several that share a registry. */
function governorOf(maxConcurrency: number, more: { leaseMs?: number; clock?: Clock } = {}) {
  const governor = createRedisGovernor({ redis: redis(), prefix, onError: fail, ...more });
  opened.push(governor);
  return {
    acquire: (registry: RegistryHost, options: Partial<PlaceOptions>) =>
      governor.acquire(registry, { maxConcurrency, ...options }),
    close: () => governor.close(),
  };
}

/** A process that freezes when told to: its timers never come due. */
function freezable(): { clock: Clock; freeze: () => void } {
  let frozen = false;
  const schedule: Clock['schedule'] = (callback, delayMs) => {
    const timer = setTimeout(() => frozen || callback(), delayMs);
    return () => clearTimeout(timer);
  };
  const freeze = (): void => {
    frozen = true;
  };
  return { clock: { now: () => performance.now(), schedule }, freeze };
}

async function state(): Promise<Record<string, string>> {
  return redis().hgetall(`${prefix}:governor:${HOST}`);
}

/** When Redis last heard of the process that holds a place. */
async function lastSeenMs(): Promise<number> {
  const holders = Object.values(await redis().hgetall(`${prefix}:governor:${HOST}:holders`));
  const holding = holders.find((holder) => /^1 \d+ \d+ \d+$/.test(holder));
  return Number(holding?.split(' ')[2] ?? 0);
}

describe('the policy in Redis', () => {
  type Step = { readonly afterMs: number; readonly outcome?: RequestOutcome & { readonly agoMs: number } };
  const outcome = fc.record(
    {
      kind: fc.constantFrom('answered', 'throttled', 'failed'),
      mayBeOutage: fc.boolean(),
      agoMs: fc.nat(5_000),
      retryAfterMs: fc.constantFrom(0, 20, 2_000, 90_000, 1e12),
      remaining: fc.constantFrom(0, 1, 70, 4_000),
      windowMs: fc.constantFrom(1, 5_000, 21_600_000),
    },
    { requiredKeys: ['kind', 'agoMs'] },
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ afterMs: fc.constantFrom(0, 0.25, 3, 60, 1_500, 70_000) }) },
    { weight: 2, arbitrary: fc.record({ afterMs: fc.constantFrom(0, 0.5, 40, 900), outcome }) },
  );
  /** Runs the steps in Lua: admissions and the state after each. */
  const STEPS_SCRIPT = `${POLICY_SCRIPT}
    local given = cjson.decode(ARGV[1])
    local s, now, in_flight, seen = given.state, given.startMs, 0, {}
    for _, step in ipairs(given.steps) do
      now = now + step.afterMs
      local admitted, retry_at = false, nil
      if step.outcome then
        in_flight = math.max(0, in_flight - 1)
        step.outcome.startedAtMs = now - step.outcome.agoMs
        settle(s, step.outcome, now, given.maxConcurrency)
      else
        admitted, retry_at = admit(s, in_flight, now, given.maxConcurrency)
        if admitted then in_flight = in_flight + 1 end
      end
      local fields = { admitted and '1' or '0', retry_at and string.format('%.17g', retry_at) or '' }
      for _, name in ipairs(given.names) do fields[#fields + 1] = string.format('%.17g', s[name]) end
      seen[#seen + 1] = fields
    end
    return seen`;

  test('gives exactly the results of the pure one', async () => {
    const startMs = 1_760_000_000_000;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(1, 4, 64),
        fc.constantFrom(0, OUTAGE_AFTER - 1),
        async (steps, maxConcurrency, refusals) => {
          let current: GovernorState = { ...INITIAL_STATE, refusals };
          const names = Object.keys(current) as (keyof GovernorState)[];
          const given = { state: current, startMs, steps, maxConcurrency, names };
          const answers = (await redis().eval(STEPS_SCRIPT, 0, JSON.stringify(given))) as string[][];
          let nowMs = startMs;
          let inFlight = 0;
          for (const [index, { afterMs, outcome }] of steps.entries()) {
            nowMs += afterMs;
            let retryAtMs: number | undefined;
            let admitted = false;
            if (outcome) {
              inFlight = Math.max(0, inFlight - 1);
              const ended = { ...outcome, startedAtMs: nowMs - outcome.agoMs };
              current = settle(current, ended, nowMs, maxConcurrency);
            } else {
              const admission = admit(current, inFlight, nowMs, maxConcurrency);
              admitted = admission.admitted;
              if (admission.admitted) {
                current = admission.state;
                inFlight += 1;
              } else retryAtMs = admission.retryAtMs;
            }
            const [wasAdmitted, retryAt, ...values] = answers[index] ?? [];
            expect(wasAdmitted).toBe(admitted ? '1' : '0');
            expect(retryAt === '' ? undefined : Number(retryAt)).toBe(retryAtMs);
            expect(Object.fromEntries(names.map((name, at) => [name, Number(values[at])]))).toEqual(current);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('processes that share a registry', () => {
  test('never exceed the limit of the registry together, and each gets its share', async () => {
    const counts = [0, 0, 0];
    let underWay = 0;
    let most = 0;
    const work = async (governor: ReturnType<typeof governorOf>, process: number): Promise<void> => {
      while (counts.some((count) => count < 60)) {
        const release = await governor.acquire(HOST, {});
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay--;
        counts[process] = (counts[process] ?? 0) + 1;
        release(OK);
      }
    };
    const governors = counts.map(() => governorOf(4));
    await Promise.all(
      governors.flatMap((governor, process) => Array.from({ length: 8 }, () => work(governor, process))),
    );
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });

  test('take turns if there are fewer slots than processes', async () => {
    const counts = [0, 0, 0];
    let underWay = 0;
    const work = async (governor: ReturnType<typeof governorOf>, process: number): Promise<void> => {
      while (counts.some((count) => count < 3)) {
        const release = await governor.acquire(HOST, {});
        expect(++underWay).toBe(1);
        await new Promise(setImmediate);
        underWay--;
        counts[process] = (counts[process] ?? 0) + 1;
        release(OK);
      }
    };
    await Promise.all(counts.map((_, process) => work(governorOf(1), process)));
    expect(counts.every((count) => count >= 3)).toBe(true);
  });

  test('keep to the lowest limit of the requests under way, and to the higher one afterwards', async () => {
    const [one, two] = [governorOf(8), governorOf(8)];
    const held = await one.acquire(HOST, { maxConcurrency: 1 });
    const waiting = one.acquire(HOST, {});
    for (let n = 0; n < 5; n++) (await one.acquire(OTHER, {}))(OK);
    expect(await Promise.race([waiting, 'waits'])).toBe('waits');
    held(OK);
    const others = [await waiting, await two.acquire(HOST, {})];
    for (const release of others) release(OK);
  });

  test('a request whose source allows less gets its turn while another process keeps asking', async () => {
    const [strict, busy] = [governorOf(1), governorOf(8)];
    let underWay = 0;
    let done = false;
    const work = async (): Promise<void> => {
      while (!done) {
        const release = await busy.acquire(HOST, {});
        underWay += 1;
        await new Promise(setImmediate);
        underWay -= 1;
        release(OK);
      }
    };
    const working = Array.from({ length: 16 }, work);
    for (let turns = 0; turns < 3; turns++) {
      const release = await strict.acquire(HOST, {});
      expect(underWay).toBe(0);
      release(OK);
    }
    done = true;
    await Promise.all(working);
  });

  test('a request whose source allows less takes no place that another left behind', async () => {
    const governor = governorOf(8);
    for (let round = 0; round < 3; round++) {
      const releases = await Promise.all(Array.from({ length: 8 }, () => governor.acquire(HOST, {})));
      for (const release of releases) release(OK);
    }
    let underWay = 0;
    const ask = async (): Promise<void> => {
      const release = await governor.acquire(HOST, { maxConcurrency: 2 });
      expect(++underWay).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      underWay -= 1;
      release(OK);
    };
    await Promise.all(Array.from({ length: 8 }, ask));
  });

  test('all pause when one is asked to, without affecting other registries', async () => {
    const [one, two] = [governorOf(8), governorOf(8)];
    const release = await one.acquire(HOST, {});
    release({ status: 429, kind: 'throttled', retryAfterMs: 3_600_000 });
    // Exchanged after the refusal, as it is asked on the same connection later.
    (await one.acquire(OTHER, {}))(OK);
    while ((await state()).refusals !== '1') (await one.acquire(OTHER, {}))(OK);

    const stop = new AbortController();
    const blocked = two.acquire(HOST, { signal: stop.signal });
    let started = false;
    blocked.then(
      () => {
        started = true;
      },
      () => undefined,
    );
    for (let n = 0; n < 20; n++) (await two.acquire(OTHER, {}))(OK);
    expect(started).toBe(false);
    expect(Number((await state()).pausedUntilMs)).toBeGreaterThan(Date.now() + 3_000_000);
    stop.abort(new Error('interrupted'));
    await expect(blocked).rejects.toThrow('interrupted');
  });

  test('refusals of requests that were under way together count once', async () => {
    const releases = [await governorOf(8).acquire(HOST, {}), await governorOf(8).acquire(HOST, {})];
    for (const release of releases) {
      const before = (await state()).pausedUntilMs;
      release({ status: 429, kind: 'throttled', retryAfterMs: before === '0' ? 1_800_000 : 3_600_000 });
      while ((await state()).pausedUntilMs === before);
    }
    expect((await state()).refusals).toBe('1');
  });

  test('one that was idle for a tenth of a second knows of the pause that another was asked for', async () => {
    const clock = manualClock();
    const [idle, busy] = [governorOf(8, { clock }), governorOf(8)];
    const first = idle.acquire(HOST, {});
    await clock.advance(0);
    (await first)(OK);
    await clock.advance(20);
    (await busy.acquire(HOST, {}))({ status: 429, kind: 'throttled', retryAfterMs: 3_600_000 });
    while ((await state()).refusals !== '1') (await busy.acquire(OTHER, {}))(OK);
    await clock.advance(100);
    await redis().ping();
    const waiting = idle.acquire(HOST, {});
    expect(await Promise.race([waiting, redis().ping()])).toBe('PONG');
  });

  test('one whose timers are late asks before it passes on what it was granted a tenth of a second ago', async () => {
    const clock = manualClock();
    let lateMs = 0;
    const late = governorOf(8, { clock: { ...clock, now: () => clock.now() + lateMs } });
    const first = late.acquire(HOST, {});
    await clock.advance(0);
    const release = await first;
    await governorOf(8)
      .acquire(HOST, {})
      .then((refused) => refused({ status: 429, kind: 'throttled', retryAfterMs: 3_600_000 }));
    while ((await state()).refusals !== '1');
    lateMs = 100;
    const waiting = late.acquire(HOST, {});
    release(OK);
    expect(await Promise.race([waiting, redis().ping()])).toBe('PONG');
  });

  test('the slots of a process that died are freed', async () => {
    const { clock, freeze } = freezable();
    const dying = governorOf(2, { leaseMs: 150, clock });
    await dying.acquire(HOST, {});
    await dying.acquire(HOST, {});
    freeze();
    const release = await governorOf(2, { leaseMs: 150 }).acquire(HOST, {});
    release(OK);
  });

  test('the slots of a closed process are freed at once, and those of a long request stay in use', async () => {
    const long = governorOf(1, { leaseMs: 500 });
    await long.acquire(HOST, {});
    // Its lease is so long that nothing but the end of the other process frees a place.
    const waiting = governorOf(1).acquire(HOST, {});
    // For several of its leases the holder says that it is alive.
    const first = await lastSeenMs();
    while ((await lastSeenMs()) < first + 700);
    expect(await Promise.race([waiting, 'waits'])).toBe('waits');
    await long.close();
    (await waiting)(OK);
  });

  test('a Redis that lost its data learns the running requests again', async () => {
    const one = governorOf(2, { leaseMs: 100 });
    const held = [await one.acquire(HOST, {}), await one.acquire(HOST, {})];
    await redis().flushall();
    while (Object.keys(await redis().hgetall(`${prefix}:governor:${HOST}:holders`)).length === 0);
    const two = governorOf(2);
    const stop = new AbortController();
    const waiting = two.acquire(HOST, { signal: stop.signal });
    (await two.acquire(OTHER, {}))(OK);
    expect(await Promise.race([waiting, 'waits'])).toBe('waits');
    for (const release of held) release(OK);
    (await waiting)(OK);
  });
});

test('at full speed Redis gets far fewer requests than the registry', async () => {
  const governor = governorOf(32);
  const calls = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis().info('commandstats'))?.[1] ?? 0);
  const before = await calls();
  const work = async (): Promise<void> => {
    for (let n = 0; n < 250; n++) {
      const release = await governor.acquire(HOST, {});
      await new Promise(setImmediate);
      release(OK);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  expect((await calls()) - before).toBeLessThan(400);
});
