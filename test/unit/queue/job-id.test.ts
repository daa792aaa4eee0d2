import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobId, queueName, withoutColons } from '../../../src/queue/job-id.ts';
import { TASK_KINDS, type TaskKey } from '../../../src/queue/queue.ts';

const keys = fc
  .string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', '-', '/', '1', 'é') })
  .map((text) => text as TaskKey);
const tasks = fc.record({ auditId: fc.nat(30), key: keys });

test('no two tasks share a job id, and BullMQ accepts each', () => {
  fc.assert(
    fc.property(tasks, tasks, (one, other) => {
      expect(jobId(one)).not.toContain(':');
      expect(jobId(one) === jobId(other)).toBe(one.auditId === other.auditId && one.key === other.key);
    }),
  );
});

test('only colons and percent signs are escaped', () => {
  expect(withoutColons('repository/registry.example.com/team/app')).toBe('repository/registry.example.com/team/app');
  expect(withoutColons('registry.example.com:5000')).toBe('registry.example.com%3A5000');
});

test('every kind and lane has a queue of its own', () => {
  const names = TASK_KINDS.flatMap((kind) => [queueName(kind, 'nightly'), queueName(kind, 'adhoc')]);
  expect(new Set(names).size).toBe(TASK_KINDS.length * 2);
  expect(names.join()).not.toContain(':');
});
