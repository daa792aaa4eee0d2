import { describe, expect, test } from 'vitest';
import { accuracyReport, type Judgement, judgeCorpus, scoreOf } from '../../support/accuracy.ts';
import { readCorpus } from '../../support/corpus.ts';

const images = readCorpus('test/fixtures/corpus');

/** What the classifier reaches on the labelled images; a change of the rules may raise these, never lower them. */
const FLOORS = [
  { catalogue: false, field: 'distro', precision: 1, recall: 0.93 },
  { catalogue: false, field: 'runtime', precision: 1, recall: 1 },
  { catalogue: false, field: 'base inferred', precision: 1, recall: 1 },
  { catalogue: false, field: 'base declared', precision: 1, recall: 1 },
  { catalogue: false, field: 'multi-stage', precision: 1, recall: 0.74 },
  { catalogue: true, field: 'distro', precision: 1, recall: 0.93 },
  { catalogue: true, field: 'base proven', precision: 1, recall: 1 },
  { catalogue: true, field: 'base inferred', precision: 1, recall: 1 },
  { catalogue: true, field: 'multi-stage', precision: 1, recall: 0.74 },
] as const;

describe.each([false, true])('with a catalogue: %s', (catalogue) => {
  const judgements = judgeCorpus(images, catalogue);

  test.each(FLOORS.filter((floor) => floor.catalogue === catalogue))(
    '$field is at least as accurate as its floor',
    (floor) => {
      const score = scoreOf(judgements.filter((one) => one.field === floor.field));
      expect(score.right).toBeGreaterThan(0);
      expect(score.precision).toBeGreaterThanOrEqual(floor.precision);
      expect(score.recall).toBeGreaterThanOrEqual(floor.recall);
    },
  );

  test('no answer is wrong, whatever its evidence', () => {
    expect(judgements.filter((one) => one.outcome === 'wrong')).toEqual([]);
  });
});

test('few base images stay unknown', () => {
  const unknown = judgeCorpus(images, false).filter((one) => one.field === 'base' && one.outcome === 'silent');
  expect(unknown.map((one) => one.image).sort()).toEqual(['images/bazel-scratch', 'images/regclient-v3-amd64']);
});

test('the report has a row for each field and signal, and names every wrong answer', () => {
  const one = { image: 'a', field: 'distro', signal: 'history', expected: 'debian 12', actual: 'debian 12' };
  const judgements: readonly Judgement[] = [
    { ...one, outcome: 'right' },
    { ...one, image: 'b', outcome: 'wrong', actual: 'alpine' },
    { ...one, image: 'c', outcome: 'silent', signal: '', actual: 'unknown' },
    { ...one, image: 'd', outcome: 'unjudged' },
  ];
  expect(scoreOf(judgements)).toEqual({ right: 1, wrong: 1, silent: 1, precision: 1 / 2, recall: 1 / 3 });
  const report = accuracyReport('title', judgements);
  expect(report).toMatch(/^ {2}distro .*right +1 +wrong +1 +silent +1 +precision +50\.0 % +recall +33\.3 %$/m);
  expect(report).toMatch(/^ {2}distro by history .*precision +50\.0 %/m);
  expect(report).toMatch(/^ {2}wrong +distro +b +expected debian 12, got alpine$/m);
  expect(report).not.toContain(' d ');
});
