import { expect, test } from 'vitest';
import { auditStatus } from '../../../src/report/audit-status.ts';

type Progress = Parameters<typeof auditStatus>[0];

const RUNNING = {
  status: 'running',
  stage: 'assess',
  runner: 'queue',
  openTasks: 1,
  lastSignAt: '2026-11-24T02:00:00Z',
};

test.each<[string, object, string, string]>([
  ['has ended', { status: 'incomplete' }, '02:00:30', 'incomplete'],
  ['runs', {}, '02:00:59', 'running, stage assess, 1 task to do'],
  [
    'was stopped',
    { runner: 'none', openTasks: 3 },
    '02:00:01',
    'stopped, stage assess, 3 tasks to do; last seen alive',
  ],
  ['is silent', {}, '02:01:00', 'stopped, stage assess, 1 task to do; last seen alive 2026-11-24T02:00:00Z'],
])('the status of an audit that %s', (_, differs, time, text) => {
  const progress = { ...RUNNING, ...differs } as Progress;
  expect(auditStatus(progress, new Date(`2026-11-24T${time}Z`))).toMatch(new RegExp(`^${text}`));
});
