import { expect, test } from 'vitest';
import { pauseMsAfter } from '../../../src/app/outlast.ts';
import { QueueUnavailableError, RegistryUnavailableError, StoreUnavailableError } from '../../../src/errors.ts';
import type { TaskHandlers } from '../../../src/queue/queue.ts';
import { RequestsByAudit } from '../../../src/workers/requests-by-audit.ts';
import { workerHandlers } from '../../../src/workers/worker-handlers.ts';
import { task } from '../../support/task.ts';

const away = new StoreUnavailableError('away');
const never = new AbortController().signal;
const requests = new RequestsByAudit();
const isHanded = async (auditId: number) => auditId === 1;

/** Handlers that fail with these, one after another, and then succeed. */
function failing(failures: unknown[]) {
  const calls: string[] = [];
  const waits: unknown[] = [];
  const work = (name: string) => async () => {
    calls.push(name);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  };
  const handlers: TaskHandlers = { run: work('run'), giveUp: work('giveUp') };
  const onWait = (error: unknown) => void waits.push(error);
  const pauses: number[] = [];
  const pauseMs = (failures: number) => pauses.push(failures);
  const patient = workerHandlers(handlers, { isHanded, requests, onWait, pauseMs });
  return { calls, waits, pauses, patient };
}

test('workers ignore the tasks of an audit that runs in one process, and count the requests of the others', async () => {
  const done: string[] = [];
  const work = (name: string) => async () => {
    requests.count(false);
    done.push(name);
  };
  const onWait = () => undefined;
  for (const auditId of [1, 2]) {
    const handlers = { run: work(`run ${auditId}`), giveUp: work(`give up ${auditId}`) };
    const { run, giveUp } = workerHandlers(handlers, { isHanded, requests, onWait });
    const one = task('manifests', 'a', { auditId });
    await run(one, { signal: never });
    await giveUp(one, new Error('failed'));
  }
  expect(done).toEqual(['run 1', 'give up 1']);
  expect([...requests.take()]).toEqual([[1, { requests: 2, throttled: 0 }]]);
});

test('a task is repeated until the database is back', async () => {
  const { calls, waits, patient } = failing([away, away, away]);
  await patient.run(task('manifests', 'm'), { signal: never });
  expect(calls).toEqual(['run', 'run', 'run', 'run']);
  expect(waits).toEqual([away, away, away]);
});

test('the longer an outage lasts, the more rarely a task is repeated, up to a limit', async () => {
  const { pauses, patient } = failing([away, away, away]);
  await patient.run(task('manifests', 'm'), { signal: never });
  expect(pauses).toEqual([1, 2, 3]);
  const longest = (failures: number) => pauseMsAfter(failures, () => 1);
  expect([1, 2, 3, 4, 5, 6, 1_000].map(longest)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000]);
});

test('a task is repeated until Redis accepts tasks again', async () => {
  const full = new QueueUnavailableError('full');
  const { waits, patient } = failing([full]);
  await patient.run(task('repository', 'r'), { signal: never });
  expect(waits).toEqual([full]);
});

test('giving up a task waits for the database, too', async () => {
  const { calls, patient } = failing([away]);
  await patient.giveUp(task('manifests', 'm'), new Error('gone'));
  expect(calls).toEqual(['giveUp', 'giveUp']);
});

test('any other failure is passed on unchanged', async () => {
  const { calls, waits, patient } = failing([new RegistryUnavailableError('down')]);
  await expect(patient.run(task('manifests', 'm'), { signal: never })).rejects.toThrow('down');
  expect([calls, waits]).toEqual([['run'], []]);
});

test('a worker that stops does not wait', async () => {
  const stop = new AbortController();
  const { calls, patient } = failing([away, away]);
  const running = patient.run(task('manifests', 'm'), { signal: never, stopping: stop.signal });
  stop.abort(new Error('the worker stops'));
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  expect(calls).toEqual(['run']);
});

const refused = (code: string, message: string) =>
  new StoreUnavailableError('away', { cause: Object.assign(new Error(message), { code }) });

test.each([
  ['53400', 'temporary file size exceeds "temp_file_limit" (1048576kB)'],
  ['53200', 'out of memory'],
  ['57014', 'canceling statement due to statement timeout'],
  ['53100', 'could not write to file "base/pgsql_tmp/pgsql_tmp42.0": No space left on device'],
])('a statement that needs too much (%s) fails its task, because waiting would never end', async (code, message) => {
  const failure = refused(code, message);
  const { calls, waits, patient } = failing([failure]);
  await expect(patient.run(task('close', 'close'), { signal: never })).rejects.toBe(failure);
  expect([calls, waits]).toEqual([['run'], []]);
});

test.each([
  ['53300', 'sorry, too many clients already'],
  ['53100', 'could not extend file "base/5/16400": No space left on device'],
  ['08006', 'the connection broke'],
])('a database that cannot be used for now (%s) is waited for', async (code, message) => {
  const { calls, patient } = failing([refused(code, message)]);
  await patient.run(task('close', 'close'), { signal: never });
  expect(calls).toEqual(['run', 'run']);
});
