import { beforeAll, describe, expect, test } from 'vitest';
import { repositorySelector } from '../../../src/fetch/select.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import { mergeSources } from '../../../src/settings/merge-sources.ts';
import type { EcrSource, OciSource, Settings } from '../../../src/settings/settings.ts';
import { parseTarget } from '../../../src/settings/target.ts';
import { defaultSettings } from '../../support/audits.ts';

const ECR = '123456789012.dkr.ecr';

let settings: Settings;
beforeAll(async () => {
  const defaults = await defaultSettings();
  const harbor: OciSource = {
    ...defaults.sourceDefaults,
    kind: 'oci',
    name: 'harbor',
    registry: parseRegistryHost('harbor.example.com'),
    exclude: ['sandbox/**'],
    dedup: 'registry',
  };
  const prod: EcrSource = {
    ...defaults.sourceDefaults,
    kind: 'ecr',
    name: 'prod',
    account: '123456789012',
    regions: ['eu-west-1', 'us-east-1'],
    dedup: 'repository',
  };
  const { regions: _regions, ...anywhere } = { ...prod, name: 'anywhere', account: '333333333333' };
  settings = { ...defaults, sources: [harbor, prod, anywhere] };
});

const merge = (...targets: readonly string[]) => mergeSources(targets.map((target) => parseTarget(target, settings)));

describe('targets of one source are merged', () => {
  test.each([
    [['harbor.example.com/a', 'harbor.example.com/b/*'], { include: ['a', 'b/*/**'], repositories: ['a', 'b/*/**'] }],
    [['harbor.example.com/a:1', 'harbor.example.com/a:2'], { include: ['a'], tags: ['1', '2'] }],
    [['harbor.example.com/a:1', 'harbor.example.com/b:1'], { include: ['a', 'b'], tags: ['1'] }],
    [['harbor.example.com/a:1', 'harbor.example.com/b:2'], { include: ['a', 'b'], tags: ['1', '2'] }],
    [['harbor.example.com/a', 'harbor.example.com/b:2'], { include: ['a', 'b'], tags: ['**', '2'] }],
    [['ecr:123456789012.eu-west-1', 'ecr:123456789012.us-east-1'], { regions: ['eu-west-1', 'us-east-1'] }],
    [['prod', 'ecr:123456789012.us-east-1'], { regions: ['eu-west-1', 'us-east-1'] }],
    [[`${ECR}.eu-west-1.amazonaws.com/a`, `${ECR}.us-east-1.amazonaws.com/a`], { regions: ['eu-west-1', 'us-east-1'] }],
    [
      [`${ECR}.eu-west-1.amazonaws.com/a`, `${ECR}.us-east-1.amazonaws.com/b`],
      { regions: ['eu-west-1', 'us-east-1'], include: ['a', 'b'] },
    ],
    [['prod', 'prod'], { regions: ['eu-west-1', 'us-east-1'], include: ['**'] }],
    [['anywhere', 'anywhere'], { account: '333333333333', include: ['**'] }],
  ])('%j into %j', (targets, expected) => {
    expect(merge(...targets)).toEqual([expect.objectContaining(expected)]);
  });

  test.each([
    [
      ['harbor', 'harbor.example.com/a'],
      ['**', 'a'],
    ],
    [
      ['harbor.example.com/a', 'harbor'],
      ['a', '**'],
    ],
  ])('with the whole registry, no list of repositories is left: %j', (targets, include) => {
    const [source] = merge(...targets);
    expect(source).toMatchObject({ include });
    expect(source).not.toHaveProperty('repositories');
  });
});

describe('targets that may not be of one source are not merged', () => {
  const refusal = 'one audit can read regions of one account only, and each must be named';

  test.each([[['anywhere', 'ecr:333333333333.eu-west-1']], [['ecr:333333333333.eu-west-1', 'anywhere']]])(
    '%j: the environment decides later which region one of them is',
    (targets) => {
      expect(() => merge(...targets)).toThrow(`anywhere: ${refusal}`);
    },
  );

  test('sources of one name, but of two kinds or accounts', () => {
    const [harbor, prod] = settings.sources as [OciSource, EcrSource];
    const named = { ...prod, name: 'harbor' };
    for (const pair of [
      [harbor, named],
      [named, harbor],
      [prod, { ...prod, account: '999999999999', regions: ['us-east-1'] }],
    ])
      expect(() => mergeSources(pair)).toThrow(refusal);
  });
});

describe('a repository that "exclude" leaves out in general', () => {
  test.each([
    [['harbor.example.com/sandbox/b', 'harbor.example.com/team/*']],
    [['harbor.example.com/team/*', 'harbor.example.com/sandbox/b']],
    [['harbor', 'harbor.example.com/sandbox/b']],
  ])('is read where a target names it, and no other: %j', (targets) => {
    const [source] = merge(...targets);
    const selects = repositorySelector(source as OciSource);
    expect(['sandbox/b', 'team/a', 'sandbox/c'].map(selects)).toEqual([true, true, false]);
  });
});
