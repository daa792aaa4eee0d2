import { expect, test } from 'vitest';
import { type KeyedCriteria, rulesKeyOf } from '../../../../src/audit/assessing/criteria.ts';
import { distroEndOfLife } from '../../../../src/classify/end-of-life.ts';

const criteria: KeyedCriteria = {
  policy: { goal: { kind: 'reduction', ratio: 0.9 }, rules: {} },
  teamKey: 'team',
  catalogueKey: 'none',
  today: '2026-11-01',
};

function keyOf(change: Partial<KeyedCriteria>): string {
  return rulesKeyOf({ ...criteria, ...change });
}

test('images are assessed again on the day after the support of a release ended, not on later days', () => {
  expect(distroEndOfLife('alpine', '3.20')).toBe('2026-04-01');
  expect(keyOf({ today: '2026-04-02' })).not.toBe(keyOf({ today: '2026-04-01' }));
  expect(keyOf({ today: '2026-04-03' })).toBe(keyOf({ today: '2026-04-02' }));
});

test.each<[string, Partial<KeyedCriteria>]>([
  ['another goal', { policy: { goal: { kind: 'reduction', ratio: 0.8 }, rules: {} } }],
  ['other severities', { policy: { ...criteria.policy, rules: { 'root-user': 'error' } } }],
  ['another label of teams', { teamKey: 'owner' }],
  ['another catalogue', { catalogueKey: 'some' }],
])('images are assessed again after %s', (_, change) => {
  expect(keyOf(change)).not.toBe(keyOf({}));
});
