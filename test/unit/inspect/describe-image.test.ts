import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { assessLoaded } from '../../../src/inspect/assess-loaded.ts';
import { describeImage, imageText } from '../../../src/inspect/describe-image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { auditedImage } from '../../support/audited-image.ts';
import { defaultSettings } from '../../support/audits.ts';

test('what a signal says stands apart from its name, however long that is', async () => {
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
  const { findings, advice } = assessLoaded(loaded, {
    policy,
    teams: [],
    knowledge: knowledgeOf([]),
    today: '2026-11-24',
  });
  expect(imageText(describeImage(loaded, findings, advice)).split('\n')).toEqual(
    expect.arrayContaining([
      '  layer-chain (catalogue)  library/debian:13-slim: 1 of 8 layers',
      '  history                  library/debian',
    ]),
  );
});
