import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { type JudgedBy, judgeBy } from '../../../src/audit/judge-image.ts';
import { distroEndOfLife } from '../../../src/classify/end-of-life.ts';

const judgedBy: JudgedBy = {
  policy: { goal: { kind: 'reduction', ratio: 0.9 }, rules: {} },
  teamKey: 'team',
  knowledge: knowledgeOf([]),
  knowledgeKey: 'none',
  today: '2026-11-01',
};

function keyOf(change: Partial<JudgedBy>): string {
  return judgeBy({ ...judgedBy, ...change }).rulesKey;
}

test('images are judged anew on the day after support of a release ended; not on the days after it', () => {
  expect(distroEndOfLife('alpine', '3.20')).toBe('2026-04-01');
  expect(keyOf({ today: '2026-04-02' })).not.toBe(keyOf({ today: '2026-04-01' }));
  expect(keyOf({ today: '2026-04-03' })).toBe(keyOf({ today: '2026-04-02' }));
});

test.each<[string, Partial<JudgedBy>]>([
  ['another goal', { policy: { goal: { kind: 'reduction', ratio: 0.8 }, rules: {} } }],
  ['other severities', { policy: { ...judgedBy.policy, rules: { 'root-user': 'error' } } }],
  ['another label of teams', { teamKey: 'owner' }],
  ['another catalogue', { knowledgeKey: 'some' }],
])('images are judged anew by %s', (_, change) => {
  expect(keyOf(change)).not.toBe(keyOf({}));
});
