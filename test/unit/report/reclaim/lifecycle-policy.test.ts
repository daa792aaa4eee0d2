import { expect, test } from 'vitest';
import { parseLifecyclePolicy } from '../../../../src/report/reclaim/lifecycle-policy.ts';

const UNTAGGED = { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 };
const DEV = { ...UNTAGGED, tagStatus: 'tagged', tagPatternList: ['dev-*'] };
const ARCHIVED = {
  tagStatus: 'any',
  storageClass: 'archive',
  countType: 'sinceImageTransitioned',
  countUnit: 'days',
  countNumber: 90,
};
const PULLED = { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 30 };
const TO_ARCHIVE = { type: 'transition', targetStorageClass: 'archive' };

type RuleText = readonly [priority: number, selection: object, action?: object];
const textOf = (rules: readonly RuleText[]) =>
  JSON.stringify({
    rules: rules.map(([rulePriority, selection, action = { type: 'expire' }]) => ({ rulePriority, selection, action })),
  });

test('rules are sorted by priority and have their defaults', () => {
  const rules = parseLifecyclePolicy(
    textOf([
      [20, PULLED, TO_ARCHIVE],
      [3, UNTAGGED],
      [30, ARCHIVED],
      [4, DEV],
    ]),
  );
  expect(rules.map(({ rulePriority, selection }) => [rulePriority, selection.storageClass])).toEqual([
    [3, 'standard'],
    [4, 'standard'],
    [20, 'standard'],
    [30, 'archive'],
  ]);
});

/** Rules by the order of their priorities. */
const ranked = (...selections: readonly object[]) => selections.map((rule, at): RuleText => [at + 1, rule]);
const patterns = (...tagPatternList: readonly string[]) => ({ ...DEV, tagPatternList });
const prefixes = (...tagPrefixList: readonly string[]) => ({ ...UNTAGGED, tagStatus: 'tagged', tagPrefixList });
const SAME_TAGS = /rule 2 .*selects the same tags/;

test.each<[string, readonly RuleText[], RegExp]>([
  [
    'two rules of one priority',
    [UNTAGGED, DEV].map((rule) => [1, rule] as const),
    /rule 1 .*another rule has this priority/,
  ],
  ['two rules for untagged images', ranked(UNTAGGED, UNTAGGED), SAME_TAGS],
  [
    'two rules for the same patterns in another order',
    ranked(patterns('a-*', 'b-*'), patterns('b-*', 'a-*')),
    SAME_TAGS,
  ],
  ['two rules for the same prefixes in another order', ranked(prefixes('a', 'b'), prefixes('b', 'a')), SAME_TAGS],
  ['any before another', ranked({ ...UNTAGGED, tagStatus: 'any' }, DEV), /has to be the last/],
  ['tagged without a pattern', [[1, { ...UNTAGGED, tagStatus: 'tagged' }]], /needs one of/],
  ['both kinds of patterns', [[1, { ...DEV, tagPrefixList: ['dev'] }]], /needs one of/],
  ['untagged with a pattern', [[1, { ...DEV, tagStatus: 'untagged' }]], /takes neither/],
  ['five wildcards', [[1, { ...DEV, tagPatternList: ['*a*b*c*d*'] }]], /more than 4 wildcards/],
  ['a unit of a count', [[1, { ...UNTAGGED, countUnit: 'days' }]], /takes no countUnit/],
  ['an age without its unit', [[1, { ...UNTAGGED, countType: 'sinceImagePushed' }]], /needs "countUnit": "days"/],
  ['expiring what nobody pulls', [[1, PULLED]], /can only archive/],
  ['archiving what is archived', [[1, ARCHIVED, TO_ARCHIVE]], /can only expire/],
  ['the archive by age of the push', [[1, { ...ARCHIVED, countType: 'sinceImagePushed' }]], /go together/],
  ['leaving the archive early', [[1, { ...ARCHIVED, countNumber: 89 }]], /90 days at least/],
  ['an empty list of patterns', [[1, { ...DEV, tagPatternList: [] }]], /rules\.0\.selection\.tagPatternList/],
  ['another word', [[1, { ...UNTAGGED, countTyp: 1 }]], /not a lifecycle policy: rules\.0\.selection/],
  ['no number', [[1, { ...UNTAGGED, countNumber: 0 }]], /rules\.0\.selection\.countNumber/],
  ['a number that no database counts', [[1, { ...UNTAGGED, countNumber: 5e9 }]], /rules\.0\.selection\.countNumber/],
  ['no rules', [], /not a lifecycle policy: rules: expected 1 to 50 rules$/],
])('%s is refused', (_, rules, message) => {
  expect(() => parseLifecyclePolicy(textOf(rules))).toThrow(message);
});

test('rules for other patterns, for prefixes of the same words, and with four wildcards are accepted', () => {
  const rules = ranked(patterns('*a*b*c*'), patterns('a'), prefixes('a'), prefixes('b'));
  expect(parseLifecyclePolicy(textOf(rules))).toHaveLength(4);
});

test('a file that is no object is named as a whole', () => {
  expect(() => parseLifecyclePolicy('[]')).toThrow(/not a lifecycle policy: the file: /);
});

test('text that is no JSON is refused', () => {
  expect(() => parseLifecyclePolicy('rules: []')).toThrow(/the file is not JSON/);
});
