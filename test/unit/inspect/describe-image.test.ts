import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { assessLoaded } from '../../../src/inspect/assess-loaded.ts';
import { describeImage, imageText } from '../../../src/inspect/describe-image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import type { AuditedImage } from '../../../src/policy/audited-image.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { defaultSettings } from '../../support/audits.ts';

const { verdict, ...rest } = auditedImage({ base: [], own: [{ bytes: 100 }] });
const signals = [
  { name: 'layer-chain (catalogue)', says: 'library/debian:13-slim: 1 of 8 layers' },
  { name: 'history', says: 'library/debian' },
];
const WITH_SIGNALS: AuditedImage = { ...rest, verdict: { ...verdict, signals } };

test('an image is described with its worst findings first', async () => {
  const { loaded, findings, advice } = await anImage();
  const finding = { message: '', evidence: [], confidence: 'proven' } as const;
  const mixed = (['info', 'error', 'warn'] as const).map((severity) => ({ ...finding, rule: severity, severity }));
  const text = imageText(describeImage(loaded, [...findings, ...mixed], advice));
  const severities = [...text.matchAll(/^ {2}(error|warn|info) /gm)].map(([, severity]) => severity);
  expect([severities[0], severities.at(-1)]).toEqual(['error', 'info']);
});

test('what a signal says stands apart from its name, however long that is', async () => {
  const { loaded, findings, advice } = await anImage();
  expect(imageText(describeImage(loaded, findings, advice)).split('\n')).toEqual(
    expect.arrayContaining([
      '  layer-chain (catalogue)  library/debian:13-slim: 1 of 8 layers',
      '  history                  library/debian',
    ]),
  );
});

test('what belongs to the base is told, and where it ends', async () => {
  const base = [{ bytes: 60 }, { bytes: 20 }];
  const described = await describedOf({ base, own: [{ bytes: 20 }] });
  expect(described).toMatchObject({ baseBytes: 80, appBytes: 20, indexDigest: null });
  expect(described.layers.map(({ ofBase }) => ofBase)).toEqual([true, true, false]);
  const text = imageText(described);
  expect(text).toMatch(/^base, app +80 B, 20 B$/m);
  expect(text).toMatch(/^ {2}2 .*\n +-+ the base ends here\n {2}3 /m);
});

test.each([
  ['no layer of it', [], [{ bytes: 20 }], / 1 +20 B/],
  ['nothing but it', [{ bytes: 20 }], [], / 1 +20 B.*\n +-+ the base ends here$/m],
])('an image may have %s', async (_, base, own, table) => {
  const text = imageText(await describedOf({ base, own }));
  expect(text).toMatch(table);
  expect(text.match(/the base ends here/g) ?? []).toHaveLength(base.length);
});

test('of an image whose base is not known, neither part has a size', async () => {
  const described = await describedOf({ base: [], own: [{ bytes: 20 }], baseNames: null });
  expect(described).toMatchObject({ baseBytes: null, appBytes: null });
  expect(imageText(described)).not.toMatch(/^base, app/m);
});

test('an image of empty layers has no share of nothing', async () => {
  expect(imageText(await describedOf({ base: [], own: [{ bytes: 0 }] }))).toMatch(/ 0 B {4}0\.0 % /);
});

test('the index that lists an image is told', async () => {
  const { loaded, findings, advice } = await anImage();
  const indexDigest = digestOf('index');
  expect(describeImage({ ...loaded, indexDigest }, findings, advice)).toMatchObject({ indexDigest });
});

test('a registry cannot send commands to the terminal', async () => {
  const image = auditedImage({ base: [], own: [{ bytes: 20, instruction: 'RUN \u001b[2J echo' }] });
  const says = 'ends \u001b[2J here';
  const { loaded, findings, advice } = await anImage({
    ...image,
    verdict: { ...image.verdict, signals: [{ name: 'history', says }] },
  });
  const text = imageText(describeImage(loaded, findings, advice));
  expect(text).toMatch(/echo.*ends/s);
  expect(text).not.toContain('\u001b');
});

test('parts of which there is nothing to tell leave no gap', async () => {
  expect(imageText(await describedOf({ base: [], own: [{ bytes: 20 }] }))).not.toContain('\n\n\n');
});

async function describedOf(sketch: ImageSketch) {
  const { loaded, findings, advice } = await anImage(auditedImage(sketch));
  return describeImage(loaded, findings, advice);
}

async function anImage(image = WITH_SIGNALS) {
  const { policy } = await defaultSettings();
  const loaded = {
    reference: parseReference('example.com/app:1'),
    platform: parsePlatform('linux/amd64'),
    digest: digestOf('image'),
    image,
    bases: [],
  };
  const assessed = assessLoaded(loaded, {
    policy,
    teams: [],
    knowledge: knowledgeOf([]),
    today: '2026-11-24',
  });
  return { ...assessed, loaded };
}
