import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobId, queueName, withoutColons } from '../../../src/queue/job-id.ts';
import { TASK_KINDS, type TaskKey } from '../../../src/queue/queue.ts';

const texts = fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', '-', '/', '1', 'é') });

test('a job id can be read back, so that no two tasks share one, and BullMQ accepts it', () => {
  fc.assert(
    fc.property(fc.nat(30), texts, (auditId, key) => {
      const id = jobId({ auditId, key: key as TaskKey });
      expect(id).not.toContain(':');
      expect(decodeURIComponent(id)).toBe(`${auditId}-${key}`);
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
