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
const former = (tag: string) => ({ ...place(tag), ended_at: '2026-11-20T02:00:00Z' });

test.each([
  ['its first tag', [place('1.0'), place('2.0')], null, 'team/app:1.0'],
  ['its repository, if it has no tag there', [place('')], null, 'team/app'],
  ['the tag that named it last, if none does', [], former('1.0'), 'team/app:1.0 (until 2026-11-20)'],
  ['the beginning of its digest, if no repository has it', [], null, digest.slice(0, 19)],
])('an image goes by %s', (_what, places, former_place, name) => {
  expect(imageName({ digest, places, former_place })).toBe(name);
});
