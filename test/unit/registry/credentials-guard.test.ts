import { expect, test } from 'vitest';
import { CredentialsGuard } from '../../../src/registry/auth/credentials-guard.ts';
import { manualClock } from '../../support/manual-clock.ts';

const refuse = async () => ({ status: 401 });
const accept = async () => ({ status: 200 });

test('credentials that were refused ten times are tried once a minute, until they are accepted', async () => {
  const clock = manualClock();
  const guard = new CredentialsGuard(clock);
  const send = (request: () => Promise<{ status: number }>) => guard.send('they', request).catch((error) => error.code);
  for (let at = 0; at < 10; at += 1) expect(await send(refuse)).toEqual({ status: 401 });
  expect(await send(accept)).toBe('authentication');
  await clock.advance(60_000);
  expect(await Promise.all([send(refuse), send(accept)])).toEqual([{ status: 401 }, 'authentication']);
  await clock.advance(60_000);
  expect(await Promise.all([send(accept), send(accept)])).toEqual([{ status: 200 }, { status: 200 }]);
  for (let at = 0; at < 20; at += 1) expect(await send(refuse)).toEqual({ status: 401 });
});

test('until they are accepted they are sent by one request at a time, also if one fails', async () => {
  const guard = new CredentialsGuard(manualClock());
  let underWay = 0;
  let most = 0;
  const request = (status: number | undefined) => async () => {
    most = Math.max(most, ++underWay);
    await new Promise(setImmediate);
    underWay -= 1;
    if (status === undefined) throw new Error('reset');
    return { status };
  };
  const send = (status: number | undefined) => guard.send('they', request(status)).catch(() => 'failed');
  await Promise.all([undefined, 403, 401, undefined, 401].map(send));
  expect(most).toBe(1);
  await Promise.all([200, 200, 200, 200].map(send));
  expect(most).toBe(3);
});
