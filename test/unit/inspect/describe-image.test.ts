import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { assessLoaded } from '../../../src/inspect/assess-loaded.ts';
import { describeImage, imageText } from '../../../src/inspect/describe-image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { auditedImage } from '../../support/audited-image.ts';
import { defaultSettings } from '../../support/audits.ts';

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

async function anImage() {
  const { policy } = await defaultSettings();
  const image = auditedImage({ base: [], own: [{ bytes: 100 }] });
  const signals = [
    { name: 'layer-chain (catalogue)', says: 'library/debian:13-slim: 1 of 8 layers' },
    { name: 'history', says: 'library/debian' },
  ];
  const loaded = {
    reference: parseReference('example.com/app:1'),
    platform: parsePlatform('linux/amd64'),
    digest: digestOf('image'),
    image: { ...image, verdict: { ...image.verdict, signals } },
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
