import { expect, test } from 'vitest';
import { parseInUse } from '../../../../src/report/reclaim/in-use.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

test('a list of what runs is read line by line', () => {
  const text = [
    '# from the clusters',
    DIGEST,
    `registry.example.com:5000/team/app@${DIGEST}  # pinned`,
    `docker-pullable://registry.example.com/team/app@${DIGEST}`,
    'registry.example.com:5000/team/app:1.2',
    'registry.example.com:5000/team/app',
    'team/app:1',
    '',
  ].join('\r\n');
  expect(parseInUse(text)).toEqual({
    digests: [DIGEST, DIGEST, DIGEST],
    references: ['registry.example.com:5000/team/app:1.2', 'registry.example.com:5000/team/app:latest', 'team/app:1'],
  });
});

test('a line that is no image is named', () => {
  expect(() => parseInUse('team/app:1\n{"items": []}')).toThrow('line 2 is no digest and no image reference');
});
