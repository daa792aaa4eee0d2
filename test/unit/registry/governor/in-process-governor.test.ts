import { expect, test } from 'vitest';
import { parseRegistryHost, type RegistryHost } from '../../../../src/oci/reference.ts';
import { createInProcessGovernor } from '../../../../src/registry/governor/in-process-governor.ts';
import type { PlaceOptions, RequestOutcome } from '../../../../src/registry/registry.ts';
import { manualClock } from '../../../support/manual-clock.ts';

const host = parseRegistryHost('registry.example.com');
const ok: RequestOutcome = { status: 200, kind: 'answered' };

function openGovernor(maxConcurrency: number) {
  const clock = manualClock();
  const governor = createInProcessGovernor(clock);
  const acquire = (registry: RegistryHost, options: Partial<PlaceOptions>) =>
    governor.acquire(registry, { maxConcurrency, ...options });
  return { clock, governor: { acquire } };
}

/** Whether the promise is settled once the micro-tasks have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  return settled;
}

test('never more requests than places at a time, first come, first served', async () => {
  const { governor } = openGovernor(2);
  const order: number[] = [];
  const enter = async (name: number) => {
    const release = await governor.acquire(host, {});
    order.push(name);
    return release;
  };
  const first = await enter(1);
  await enter(2);
  const third = enter(3);
  const fourth = enter(4);
  expect(await isSettled(third)).toBe(false);
  first(ok);
  (await third)(ok);
  await fourth;
  expect(order).toEqual([1, 2, 3, 4]);
});

test('a refusal holds back waiting requests until its pause is over', async () => {
  const { governor, clock } = openGovernor(1);
  const release = await governor.acquire(host, {});
  const waiting = governor.acquire(host, {});
  release({ status: 429, kind: 'throttled', retryAfterMs: 5_000 });
  await clock.advance(4_999);
  expect(await isSettled(waiting)).toBe(false);
  await clock.advance(1);
  expect(await isSettled(waiting)).toBe(true);
});

test('registries do not hold one another up', async () => {
  const { governor } = openGovernor(1);
  await governor.acquire(host, {});
  expect(await isSettled(governor.acquire(parseRegistryHost('other.example.com'), {}))).toBe(true);
});

test('a request that stops waiting takes no place', async () => {
  const { governor } = openGovernor(1);
  const release = await governor.acquire(host, {});
  const controller = new AbortController();
  const leaving = governor.acquire(host, { signal: controller.signal });
  controller.abort(new Error('stop'));
  await expect(leaving).rejects.toThrow('stop');
  release(ok);
  expect(await isSettled(governor.acquire(host, {}))).toBe(true);
});

test('a release that is called twice frees one place', async () => {
  const { governor } = openGovernor(1);
  const release = await governor.acquire(host, {});
  release(ok);
  release(ok);
  await governor.acquire(host, {});
  expect(await isSettled(governor.acquire(host, {}))).toBe(false);
});

test('the lowest limit of the requests that wait or run applies to all of them', async () => {
  const { governor } = openGovernor(8);
  const held = await governor.acquire(host, {});
  const strict = governor.acquire(host, { maxConcurrency: 1 });
  expect(await isSettled(governor.acquire(parseRegistryHost('other.example.com'), {}))).toBe(true);
  expect(await isSettled(strict)).toBe(false);
  held(ok);
  const release = await strict;
  const waiting = governor.acquire(host, {});
  expect(await isSettled(waiting)).toBe(false);
  release(ok);
  await waiting;
  expect(await isSettled(governor.acquire(host, {}))).toBe(true);
});

test('a request that stops waiting no longer limits the others', async () => {
  const { governor } = openGovernor(8);
  await governor.acquire(host, {});
  const controller = new AbortController();
  const leaving = governor.acquire(host, { maxConcurrency: 1, signal: controller.signal });
  controller.abort(new Error('stop'));
  await expect(leaving).rejects.toThrow('stop');
  expect(await isSettled(governor.acquire(host, {}))).toBe(true);
});
