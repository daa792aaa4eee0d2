import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { assessLoaded } from '../../../src/inspect/assess-loaded.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { auditedImage } from '../../support/audited-image.ts';
import { defaultSettings } from '../../support/audits.ts';

test.each([
  ['pay.example.com/app:1', 'payments', 20],
  ['other.example.com/app:1', undefined, 10],
])('the goal is that of the team that owns it: %s', async (text, team, bytes) => {
  const { policy } = await defaultSettings();
  const reference = parseReference(text);
  const image = auditedImage({ base: [], own: [{ bytes: 100 }] });
  const loaded = { reference, platform: parsePlatform('linux/amd64'), digest: digestOf('image'), image, bases: [] };
  const assessed = assessLoaded(loaded, {
    policy: { ...policy, budgets: [{ team: 'payments', goal: { kind: 'reduction', ratio: 0.8 } }] },
    teams: [{ name: 'payments', repositories: ['pay.example.com/**'] }],
    knowledge: knowledgeOf([]),
    today: '2026-11-24',
  });
  expect(assessed.owner).toEqual(team ? { repository: 'app', team } : { repository: 'app' });
  expect(assessed.advice.goal.bytes).toBe(bytes);
});
