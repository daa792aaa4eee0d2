import { expect, test } from 'vitest';
import { budgetsFor, goalFor } from '../../../src/policy/budgets.ts';
import { checkFacts, checkImage, isAccepted, isFailure, type Policy } from '../../../src/policy/check-image.ts';
import type { Exception } from '../../../src/policy/exceptions.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';

const TODAY = '2026-11-24';
const OWNER = { repository: 'payments/cart', team: 'payments' };

function rulesOf(policy: Policy, sketch: ImageSketch = {}): readonly string[] {
  const image = auditedImage(sketch);
  return checkImage({ reference: 'registry.example.com/payments/cart:1', owner: OWNER, image }, policy, TODAY).map(
    ({ rule }) => rule,
  );
}

test.each<[string, Policy, readonly string[]]>([
  ['no budget', {}, []],
  ['too large', { budgets: [{ maxImageSize: 29_999_999 }] }, ['max-image-size']],
  ['just as large', { budgets: [{ maxImageSize: 30_000_000 }] }, []],
  ['too many layers', { budgets: [{ maxLayers: 0 }] }, ['max-layers']],
  ['just as many layers', { budgets: [{ maxLayers: 1 }] }, []],
  ['another team', { budgets: [{ team: 'search', maxImageSize: 1 }] }, []],
  ['its team', { budgets: [{ team: 'payments', maxImageSize: 1 }] }, ['max-image-size']],
  ['another repository', { budgets: [{ repository: 'billing-*', maxImageSize: 1 }] }, []],
  ['its repository', { budgets: [{ repository: 'payments/**', maxImageSize: 1 }] }, ['max-image-size']],
  ['an allowed base', { allowedBases: ['library/debian:*-slim'] }, []],
  ['one of several allowed bases', { allowedBases: ['base/**', 'library/debian:*'] }, []],
  ['a foreign base', { allowedBases: ['base/**'] }, ['allowed-bases']],
])('budgets and bases: %s', (_, policy, rules) => {
  expect(rulesOf(policy)).toEqual(rules);
});

test.each<[string, ImageSketch, Policy['allowedBases'], RegExp]>([
  ['unknown', { baseNames: null }, ['**'], /^The base is unknown \([a-z-]+\): the policy allows \*\*$/],
  [
    'another',
    {},
    ['base/**', 'a:1'],
    /^The base library\/debian:\S+ is not allowed: the policy allows base\/\*\*, a:1$/,
  ],
])('a base that is %s is no allowed one, and the violation says so', (_, sketch, allowedBases, message) => {
  const test = { reference: 'a', owner: OWNER, image: auditedImage(sketch) };
  const violations = checkImage(test, allowedBases ? { allowedBases } : {}, TODAY);
  expect(violations).toMatchObject([{ rule: 'allowed-bases', message: expect.stringMatching(message) }]);
});

test('every budget that names a team is checked, and a violation says by how much it is exceeded', () => {
  const budgets = [{ team: 'payments' }, { repository: 'payments/*' }, {}, { team: 'search' }];
  expect(budgetsFor(OWNER, budgets)).toEqual(budgets.slice(0, 3));
  const test = { reference: 'a', owner: OWNER, image: auditedImage() };
  const [violation] = checkImage(test, { budgets: [{ maxImageSize: 20_000_000 }] }, TODAY);
  expect(violation?.message).toBe('The pull size is 30.0 MB, the budget allows 20.0 MB');
});

test('violations begin with those that fail the check', () => {
  const findings = (['warn', 'info', 'error', 'warn'] as const).map((severity, index) => ({
    rule: `rule-${index}`,
    severity,
    message: '',
    evidence: [],
  }));
  const facts = { reference: 'a', owner: OWNER, bytes: 1, layerCount: 1, baseNames: [], baseReason: '', findings };
  expect(checkFacts(facts, {}, TODAY).map(({ rule }) => rule)).toEqual(['rule-2', 'rule-0', 'rule-3', 'rule-1']);
});

test('only errors fail a check', () => {
  const image = auditedImage({ root: true });
  const test = { reference: 'a', owner: OWNER, image };
  expect(checkImage(test, {}, TODAY).some(isFailure)).toBe(false);
  expect(checkImage(test, { rules: { 'root-user': 'error' } }, TODAY).some(isFailure)).toBe(true);
});

test.each<[string, Omit<Exception, 'reason'>, boolean]>([
  ['every image', {}, true],
  ['its rule', { rules: ['max-layers', 'root-user'] }, true],
  ['another rule', { rules: ['max-layers'] }, false],
  ['its team', { team: 'payments' }, true],
  ['another team', { team: 'search' }, false],
  ['its repository', { repository: 'payments/**' }, true],
  ['another repository', { repository: 'legacy/**' }, false],
  ['its team, but another repository', { team: 'payments', repository: 'legacy/**' }, false],
  ['its repository, but another rule', { repository: 'payments/**', rules: ['max-layers'] }, false],
  ['a later day', { until: '2026-12-01' }, true],
  ['its last day', { until: '2026-11-24' }, true],
  ['the day before', { until: '2026-11-23' }, false],
])('an exception for %s', (_, exception, accepted) => {
  const image = { reference: 'a', owner: OWNER, image: auditedImage({ root: true }) };
  const policy = { rules: { 'root-user': 'error' }, exceptions: [{ ...exception, reason: 'why' }] } as const;
  const violations = checkImage(image, policy, TODAY).filter(({ rule }) => rule === 'root-user');
  expect(violations.map(isAccepted)).toEqual([accepted]);
  expect(violations.map(isFailure)).toEqual([!accepted]);
});

test('the first exception that holds is told, else one that has ended; accepted violations are listed last', () => {
  const image = { reference: 'a', owner: OWNER, image: auditedImage({ root: true }) };
  const exceptions = [
    { rules: ['max-layers'], until: '2026-11-23', reason: 'over' },
    { rules: ['max-layers'], reason: 'first' },
    { rules: ['max-layers'], reason: 'second' },
  ];
  const policy = { budgets: [{ maxLayers: 0 }], exceptions };
  const violations = checkImage(image, policy, TODAY);
  expect(violations.map(({ rule, exception }) => [rule, exception?.reason ?? ''])).toEqual([
    ...violations.slice(0, -1).map(({ rule }) => [rule, '']),
    ['max-layers', 'first'],
  ]);
  expect(violations.length).toBeGreaterThan(1);
  const [failed] = checkImage(image, { ...policy, exceptions: exceptions.slice(0, 1) }, TODAY);
  expect(failed).toMatchObject({
    rule: 'max-layers',
    exception: { reason: 'over', until: '2026-11-23', holds: false },
  });
});

test("the goal is that of the first budget with one, else the policy's", () => {
  const fallback = { kind: 'reduction', ratio: 0.9 } as const;
  const own = { kind: 'size', bytes: 120_000_000 } as const;
  const budgets = [{ maxImageSize: 1 }, { team: 'search', goal: fallback }, { team: 'payments', goal: own }];
  expect(goalFor(OWNER, budgets, fallback).goal).toEqual(own);
  expect(goalFor({ repository: 'other' }, budgets, fallback).goal).toEqual(fallback);
});

test('a goal keeps its own baseline, never that of another budget', () => {
  const goal = { kind: 'reduction', ratio: 0.5 } as const;
  const budgets = [
    { repository: 'payments/cart', goal },
    { team: 'payments', goal, baseline: 800_000_000 },
  ];
  expect(goalFor(OWNER, budgets, goal)).toEqual({ goal });
  expect(goalFor({ repository: 'payments/mail', team: 'payments' }, budgets, goal)).toEqual({
    goal,
    baseline: 800_000_000,
  });
});
