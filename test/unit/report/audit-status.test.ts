import { expect, test } from 'vitest';
import { auditStatus } from '../../../src/report/audit-status.ts';

type Progress = Parameters<typeof auditStatus>[0];

const RUNNING = {
  status: 'running',
  stage: 'assess',
  openTasks: 1,
  lastSignAt: '2026-11-24T02:00:00Z',
  abandoned: false,
};

test.each<[string, object, string]>([
  ['has ended', { status: 'incomplete' }, 'incomplete'],
  ['runs', {}, 'running, stage assess, 1 task to do'],
  [
    'was stopped',
    { abandoned: true, openTasks: 3 },
    'stopped, stage assess, 3 tasks to do; last seen alive 2026-11-24T02:00:00Z; the next audit of its sources goes on from there',
  ],
])('the status of an audit that %s', (_, differs, text) => {
  expect(auditStatus({ ...RUNNING, ...differs } as Progress)).toBe(text);
});
