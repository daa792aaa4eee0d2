import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { imageName, type Place } from '../../../src/serve/image-detail.ts';

const digest = digestOf('an image');
const place = (tag: string): Place => ({
  source: 'main',
  registry: 'registry.example.com',
  repository: 'team/app',
  tag,
  team: 'payments',
  pushed_at: null,
  first_seen_at: '2026-11-01T02:00:00Z',
});

test.each([
  ['its first tag', [place('1.0'), place('2.0')], 'team/app:1.0'],
  ['its repository, if it has no tag there', [place('')], 'team/app'],
  ['the beginning of its digest, if no repository has it', [], digest.slice(0, 19)],
])('an image goes by %s', (_what, places, name) => {
  expect(imageName({ digest, places })).toBe(name);
});
