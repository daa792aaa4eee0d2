import { expect, test } from 'vitest';
import { type ReportedFailure, reportRarely } from '../../../src/common/report-rarely.ts';

function refused(address: string): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED' });
}

test('reports an outage of many connections once a minute, with the number of failures', () => {
  const reported: ReportedFailure[] = [];
  let nowMs = 0;
  const onError = reportRarely(
    (failure) => reported.push(failure),
    () => nowMs,
  );
  const first = refused('10.0.0.1:6379');
  onError(first);
  for (nowMs = 1_000; nowMs < 60_000; nowMs += 1_000) onError(refused('10.0.0.2:6379'));
  const later = refused('10.0.0.1:6379');
  onError(later);
  expect(reported).toEqual([{ error: first }, { error: later, alike: 59 }]);
});

test('reports failures of other kinds at once, and each kind once', () => {
  const reported: unknown[] = [];
  const onError = reportRarely(({ error }) => reported.push(error));
  const failures = [refused('10.0.0.1:6379'), new Error('READONLY'), new Error('LOADING'), 'no error at all'];
  for (const failure of [...failures, ...failures]) onError(failure);
  expect(reported).toEqual(failures);
});

test('takes failures that differ only in the name of a job for one kind', () => {
  const reported: unknown[] = [];
  const onError = reportRarely(({ error }) => reported.push(error));
  for (let job = 0; job < 9; job += 1) onError(new Error(`could not renew lock for job ${job}-close`));
  expect(reported).toHaveLength(1);
});

test('forgets kinds, so that memory stays bounded, and reports each new one', () => {
  const reported: unknown[] = [];
  const onError = reportRarely(
    ({ error }) => reported.push(error),
    () => 0,
  );
  const failure = (kind: number): Error => new Error(`failure ${'x'.repeat(kind)}`);
  for (let kind = 0; kind < 1_000; kind += 1) onError(failure(kind));
  expect(reported).toHaveLength(1_000);
  onError(failure(999));
  expect(reported).toHaveLength(1_000);
  onError(failure(0));
  expect(reported).toHaveLength(1_001);
});
