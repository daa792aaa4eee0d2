import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { judgeBy } from '../../../src/audit/judge-image.ts';
import { distroEndOfLife } from '../../../src/classify/end-of-life.ts';
import { parseGoal } from '../../../src/settings/units.ts';

test('judgements hold until support of a release ends, and no longer', () => {
  const keyOn = (today: string) =>
    judgeBy({
      policy: { goal: parseGoal('90%'), rules: {} },
      teamKey: 'team',
      knowledge: knowledgeOf([]),
      knowledgeKey: '',
      today,
    }).rulesKey;
  expect(distroEndOfLife('alpine', '3.20')).toBe('2026-04-01');
  expect(keyOn('2026-04-02')).not.toBe(keyOn('2026-04-01'));
  expect(keyOn('2026-04-03')).toBe(keyOn('2026-04-02'));
});
