import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { type Criteria, withRulesKey } from '../../../src/audit/assessing/criteria.ts';
import { distroEndOfLife } from '../../../src/classify/end-of-life.ts';

const criteria: Criteria = {
  policy: { goal: { kind: 'reduction', ratio: 0.9 }, rules: {} },
  teamKey: 'team',
  knowledge: knowledgeOf([]),
  knowledgeKey: 'none',
  today: '2026-11-01',
};

function keyOf(change: Partial<Criteria>): string {
  return withRulesKey({ ...criteria, ...change }).rulesKey;
}

test('images are assessed again on the day after the support of a release ended, not on later days', () => {
  expect(distroEndOfLife('alpine', '3.20')).toBe('2026-04-01');
  expect(keyOf({ today: '2026-04-02' })).not.toBe(keyOf({ today: '2026-04-01' }));
  expect(keyOf({ today: '2026-04-03' })).toBe(keyOf({ today: '2026-04-02' }));
});

test.each<[string, Partial<Criteria>]>([
  ['another goal', { policy: { goal: { kind: 'reduction', ratio: 0.8 }, rules: {} } }],
  ['other severities', { policy: { ...criteria.policy, rules: { 'root-user': 'error' } } }],
  ['another label of teams', { teamKey: 'owner' }],
  ['another catalogue', { knowledgeKey: 'some' }],
])('images are assessed again after %s', (_, change) => {
  expect(keyOf(change)).not.toBe(keyOf({}));
});
