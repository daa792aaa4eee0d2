import { existsSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Violation } from '../../../src/policy/check-image.ts';
import type { Severity } from '../../../src/policy/finding.ts';
import { formatJUnit } from '../../../src/policy/formats/junit.ts';
import { formatSarif } from '../../../src/policy/formats/sarif.ts';
import { RULES } from '../../../src/policy/rule-registry.ts';
import { SARIF_SCHEMA } from '../../support/sarif-schema.ts';

const RULE_IDS = RULES.map(({ id }) => id);

const REFERENCE = 'registry.example.com:5000/app:1';
const VIOLATIONS: readonly Violation[] = [
  {
    reference: REFERENCE,
    rule: 'max-image-size',
    severity: 'error',
    message: 'The pull size is 300 MB, the budget allows <100 MB> & more',
    evidence: [],
    exception: null,
  },
  {
    reference: REFERENCE,
    rule: 'root-user',
    severity: 'warn',
    message: 'Create a user',
    evidence: [{ layer: 2, instruction: 'RUN "x"', subject: 'USER root' }],
    exception: null,
  },
];
const ACCEPTED: Violation = {
  ...(VIOLATIONS[0] as Violation),
  exception: { reason: 'moves to "slim"', until: '2027-03-31', holds: true },
};

test('JUnit: an error fails, a warning does not, and an image without violations passes', () => {
  expect(formatJUnit([REFERENCE, 'clean:1'], VIOLATIONS)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="slimboard">
  <testsuite name="${REFERENCE}" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="${REFERENCE}" name="max-image-size"><failure message="The pull size is 300 MB, the budget allows &lt;100 MB&gt; &amp; more" type="max-image-size">The pull size is 300 MB, the budget allows &lt;100 MB&gt; &amp; more</failure></testcase>
    <testcase classname="${REFERENCE}" name="root-user"><system-out>warn: Create a user
layer 3: USER root: RUN &quot;x&quot;</system-out></testcase>
  </testsuite>
  <testsuite name="clean:1" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="clean:1" name="policy"/>
  </testsuite>
</testsuites>
`);
});

test('JUnit: an accepted violation is skipped, with the reason', () => {
  const xml = formatJUnit([REFERENCE], [ACCEPTED]);
  expect(xml).toContain(' tests="1" failures="0" errors="0" skipped="1">');
  expect(xml).toContain(
    'name="max-image-size"><skipped message="accepted until 2027-03-31: moves to &quot;slim&quot;"/><system-out>error: The',
  );
  const ended = { ...ACCEPTED, exception: { reason: 'why', until: '2026-01-31', holds: false } };
  expect(formatJUnit([REFERENCE], [ended])).toMatch(
    / skipped="0">\n.*<failure [^>]*>.*\nwas accepted until 2026-01-31: why</,
  );
});

test('JUnit: text from an image never breaks the document', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (message) => {
      const xml = formatJUnit(
        [REFERENCE],
        [{ reference: REFERENCE, rule: 'r', severity: 'error', message, evidence: [], exception: null }],
      );
      const [, text = ''] = /type="r">([\s\S]*)<\/failure>/.exec(xml) ?? [];
      expect(text).not.toMatch(/[<>"]|&(?!(?:amp|lt|gt|quot|apos);)/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids
      expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    }),
  );
});

test('SARIF: levels, rules that results point to, and a page for each rule', () => {
  const log = JSON.parse(formatSarif(VIOLATIONS, '1.2.3'));
  const [run] = log.runs;
  expect(log).toMatchObject({
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'slimboard', version: '1.2.3' } } }],
  });
  expect(run.results.map((result: { level: string }) => result.level)).toEqual(['error', 'warning']);
  for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
  for (const { helpUri } of run.tool.driver.rules) {
    const [, page = ''] = helpUri.split('/blob/main/');
    expect(existsSync(page), page).toBe(true);
  }
  expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining([...RULE_IDS]));
});

test.each([
  ['registry.example.com:5000/app:1', 'registry.example.com%3A5000/app'],
  ['registry.example.com/a/app:1.2 (linux/arm64)', 'registry.example.com/a/app'],
  [`docker.io/library/app@sha256:${'0'.repeat(64)}`, 'docker.io/library/app'],
])('SARIF: the alert for %s stays open when a new tag has the same violation', (reference, uri) => {
  const [result] = JSON.parse(formatSarif([{ ...(VIOLATIONS[1] as Violation), reference }], '1.2.3')).runs[0].results;
  expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
  expect(result.partialFingerprints).toEqual({ 'image/rule': `${uri.replace('%3A', ':')}|root-user` });
  expect(result.message.text).toMatch(/^(\S+( \(.*\))?): Create a user\n/);
});

test('SARIF: an accepted violation is suppressed, with the reason', () => {
  const { results } = JSON.parse(formatSarif([ACCEPTED, ...VIOLATIONS.slice(1)], '1.2.3')).runs[0];
  expect(results[0].suppressions).toEqual([
    { kind: 'external', status: 'accepted', justification: 'accepted until 2027-03-31: moves to "slim"' },
  ]);
  expect(results[1].suppressions).toEqual([]);
});

test('SARIF: an instruction of an image becomes no link', () => {
  const evidence = [{ layer: 1, instruction: 'RUN echo [log in](http://198.51.100.1)' }];
  const [result] = JSON.parse(formatSarif([{ ...(VIOLATIONS[1] as Violation), evidence }], '1.2.3')).runs[0].results;
  expect(result.message.text).toContain('layer 2: RUN echo [log in] (http://198.51.100.1)');
});

const SEVERITIES: readonly Severity[] = ['error', 'warn', 'info'];
const violations: fc.Arbitrary<Violation> = fc.record({
  reference: fc.constantFrom(REFERENCE, 'library/app:1', 'app', `registry.example.com/a/b@sha256:${'0'.repeat(64)}`),
  rule: fc.constantFrom(...RULE_IDS, 'max-image-size', 'max-layers', 'allowed-bases'),
  severity: fc.constantFrom(...SEVERITIES),
  message: fc.string({ unit: 'binary' }),
  evidence: fc.array(fc.record({ layer: fc.nat({ max: 126 }), subject: fc.string({ unit: 'binary' }) }), {
    maxLength: 2,
  }),
  exception: fc.option(
    fc.record({ reason: fc.string(), until: fc.constantFrom('2027-03-31', null), holds: fc.boolean() }),
  ),
});

test('SARIF: whatever was found, the log conforms to the standard', () => {
  const isValid = new Ajv2020({ allErrors: true }).compile(SARIF_SCHEMA);
  fc.assert(
    fc.property(fc.array(violations, { maxLength: 5 }), (found) => {
      isValid(JSON.parse(formatSarif(found, '1.2.3')));
      expect(isValid.errors ?? []).toEqual([]);
    }),
  );
});
