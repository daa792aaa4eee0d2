import { expect, test } from 'vitest';
import baseAlternatives from '../../config/base-alternatives.json' with { type: 'json' };
import distroEol from '../../config/distro-eol.json' with { type: 'json' };
import distros from '../../config/distros.json' with { type: 'json' };
import files from '../../config/files.json' with { type: 'json' };
import frameworks from '../../config/frameworks.json' with { type: 'json' };
import officialImages from '../../config/official-images.json' with { type: 'json' };
import packages from '../../config/packages.json' with { type: 'json' };
import runtimeNames from '../../config/runtime-names.json' with { type: 'json' };
import runtimes from '../../config/runtimes.json' with { type: 'json' };
import techniques from '../../config/techniques.json' with { type: 'json' };
import { planImage } from '../../src/advise/advise.ts';
import { knowledgeOf } from '../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../src/advise/base-facts.ts';
import { CLASSIFIER_VERSION, classifyImage } from '../../src/classify/classify-image.ts';
import type { ClassifierInput } from '../../src/classify/verdict.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { AuditedImage, MeasuredLayer } from '../../src/policy/audited-image.ts';
import { findingsOf } from '../../src/policy/findings-of.ts';
import { RULES_VERSION } from '../../src/policy/rule-registry.ts';
import { basesOf, readCorpus } from '../support/corpus.ts';
import { readLab } from '../support/lab.ts';

/** Any day does, as long as it stays. */
const TODAY = '2026-11-24';
/** Columns of config/*.json that people read: no assessment hangs on them. */
const PROSE = new Set(['about', 'reviewed', 'sources', 'source', 'title', 'how', 'warnings']);

const corpus = readCorpus('test/fixtures/corpus');
const inputs: readonly ClassifierInput[] = [
  ...corpus.flatMap((image) => [image.input, { ...image.input, bases: basesOf(image, corpus) }]),
  ...readLab().map(({ input }) => input),
];
const knowledge = knowledgeOf([]);

const AREAS =
  `apt-lists apt-archives apk-cache yum-cache pip-cache conda-cache npm-cache yarn-cache pnpm-store maven-cache gradle-cache
  go-build-cache go-module-cache cargo-cache composer-cache gem-cache nuget-cache documentation locales debug-symbols source-maps
  version-control dependency-tests logs temporary`.split(/\s+/);

/** A layer that has something of everything, for whatever rule looks for it. */
const MEASURED: MeasuredLayer = {
  fileBytes: 90_000_000,
  areaBytes: Object.fromEntries(AREAS.map((area) => [area, 2_000_000])),
  deletedBytes: 3_000_000,
  rewrittenBytes: 4_000_000,
  duplicateBytes: 5_000_000,
  developmentPackages: [{ name: 'eslint', bytes: 6_000_000 }],
  toolchain: [{ name: 'usr/bin/gcc', bytes: 7_000_000 }],
  setuidFiles: ['usr/bin/su'],
  sensitiveFiles: ['app/.env'],
};

function advised(image: AuditedImage) {
  const findings = findingsOf(image);
  return [findings, planImage(image, findings, knowledge, { kind: 'reduction', ratio: 0.9 })];
}

const judged = inputs.map((input) => {
  const { manifest, config, bases } = input;
  const verdict = classifyImage(input);
  const image = { manifest, config, verdict, baseFacts: baseFactsOf(verdict, { bases, knowledge, today: TODAY }) };
  const measured = { ...image, contents: manifest.layers.map(() => MEASURED) };
  return { verdict, advice: [advised(image), advised(measured)] };
});
const verdicts = judged.map(({ verdict }) => verdict);
const advice = judged.map((image) => image.advice);

function fingerprint(...values: readonly unknown[]): string {
  return digestOf(JSON.stringify(values, (key, value) => (PROSE.has(key) ? undefined : value))).slice(7, 19);
}

const WHAT_TO_DO = `images are assessed otherwise than the version says, and what is stored would stay as it was.
Raise CLASSIFIER_VERSION if the first fingerprint changed, else RULES_VERSION, by one (once a branch), then renew this line by
npx vitest run test/unit/assessment-version.test.ts --update`;

test('a change of what images are found to be, or of what they are advised, raises a version', () => {
  const classifier = `classifier ${CLASSIFIER_VERSION}: ${fingerprint(verdicts, distros, distroEol, officialImages, runtimeNames, frameworks)}`;
  const rules = `rules ${RULES_VERSION}: ${fingerprint(advice, runtimes, baseAlternatives, techniques, packages, files)}`;
  expect(`${classifier}, ${rules}`, WHAT_TO_DO).toMatchInlineSnapshot(
    `"classifier 19: cfdbdb87aba7, rules 19: d10c97ef9b07"`,
  );
});
