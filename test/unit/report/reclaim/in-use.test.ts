import { expect, test } from 'vitest';
import { parseInUse } from '../../../../src/report/reclaim/in-use.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

test('a list of images in use is parsed line by line', () => {
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

test('every host name of an Amazon ECR registry means that registry', () => {
  const domains = [
    'dkr.ecr.eu-west-1.amazonaws.com',
    'dkr.ecr-fips.eu-west-1.amazonaws.com',
    'dkr-ecr.eu-west-1.on.aws',
  ];
  const { references } = parseInUse(domains.map((domain) => `123456789012.${domain}/team/app:1`).join('\n'));
  expect(new Set(references)).toEqual(new Set(['123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1']));
});

test('a host may be spelt in any way, and may be the first part of a repository in another registry', () => {
  expect(parseInUse('registry.example.com:443/team/app:1\ndocker.io/library/node').references).toEqual([
    'registry.example.com/team/app:1',
    'registry.example.com:443/team/app:1',
    'registry-1.docker.io/library/node:latest',
    'docker.io/library/node:latest',
  ]);
  expect(parseInUse('123456789012.dkr.ecr.eu-west-1.amazonaws.com:443/app').references).toEqual([
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:latest',
  ]);
});

test('a line that is no image is named', () => {
  expect(() => parseInUse('team/app:1\n{"items": []}')).toThrow('line 2 is neither a digest nor an image reference');
});
