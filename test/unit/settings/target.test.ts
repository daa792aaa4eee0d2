import { beforeAll, describe, expect, test } from 'vitest';
import { InvalidReferenceError, SettingsError, SlimboardError } from '../../../src/errors.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import { loadSettings } from '../../../src/settings/load.ts';
import type { EcrSource, OciSource, Settings } from '../../../src/settings/settings.ts';
import { parseTarget } from '../../../src/settings/target.ts';

let settings: Settings;
beforeAll(async () => {
  const loaded = await loadSettings({ cwd: import.meta.dirname, env: {}, flags: { platform: 'linux/arm64' } });
  const harbor: OciSource = {
    ...loaded.sourceDefaults,
    kind: 'oci',
    name: 'harbor',
    registry: parseRegistryHost('harbor.example.com'),
    exclude: ['sandbox/**'],
    caFile: '/ca.pem',
    dedup: 'namespace',
  };
  const prod: EcrSource = {
    ...loaded.sourceDefaults,
    kind: 'ecr',
    name: 'prod',
    account: '123456789012',
    regions: ['eu-west-1', 'us-east-1'],
    profile: 'audit',
    dedup: 'repository',
  };
  const { account: _account, profile: _profile, ...other } = prod;
  const byRole = { ...other, name: 'by-role', assumeRole: 'arn:aws:iam::210987654321:role/slimboard-audit' };
  const { regions: _regions, ...anywhere } = { ...prod, name: 'anywhere', account: '333333333333', profile: 'third' };
  settings = { ...loaded, sources: [harbor, prod, byRole, anywhere] };
});

describe('a whole registry', () => {
  test.each(['harbor', 'harbor.example.com', 'HARBOR.example.com'])('%s is the configured source', (target) => {
    expect(parseTarget(target, settings)).toEqual(settings.sources[0]);
  });

  test.each(['localhost', 'localhost:5000', 'other.example.com', '[::1]:5000', '127.0.0.1:5056'])(
    '%s is a source of its own, read as the flags say',
    (target) => {
      expect(parseTarget(target, settings)).toEqual({
        ...settings.sourceDefaults,
        kind: 'oci',
        name: target,
        registry: target,
        dedup: 'registry',
      });
    },
  );
});

describe('a part of a registry', () => {
  test.each([
    ['other.example.com/team/app', ['team/app'], ['**']],
    ['other.example.com/team/*', ['team/*/**'], ['**']],
    ['other.example.com/*', ['*/**'], ['**']],
    ['other.example.com/team-*/api', ['team-*/api'], ['**']],
    ['other.example.com/team/app:1.0', ['team/app'], ['1.0']],
    ['other.example.com/team/app:v*', ['team/app'], ['v*']],
    ['localhost:5000/app:1.0', ['app'], ['1.0']],
    ['docker.io/node:20', ['library/node'], ['20']],
    ['docker.io/bitnami/redis:7', ['bitnami/redis'], ['7']],
  ])('%s selects the repositories %j and the tags %j', (target, repositories, tags) => {
    expect(parseTarget(target, settings)).toMatchObject({ include: repositories, repositories, tags });
  });

  test.each([
    ['team-a/app', 'a'],
    ['team-b/app:1', 'b'],
    ['team-b/*', 'b'],
    ['team-c/app', 'c'],
    ['team-d/app', 'd'],
    ['team-d/secret/app', 'e'],
    ['team-d/secret/key/app', 'd'],
    ['other/app', 'a'],
  ])('of a registry with several sources, %s is of the one that selects it', (repository, name) => {
    const of = (team: string) =>
      ({ ...settings.sourceDefaults, kind: 'oci', registry, dedup: 'registry', name: team }) as const;
    const registry = parseRegistryHost('teams.example.com');
    const sources: OciSource[] = [
      { ...of('a'), repositories: ['team-a/**'] },
      { ...of('b'), repositories: ['team-b/app', 'team-b/**'] },
      { ...of('c'), include: ['team-c/**'] },
      { ...of('d'), repositories: ['team-d/**'], exclude: ['team-d/secret/**'] },
      { ...of('e'), repositories: ['team-d/secret/**'], exclude: ['team-d/secret/key/**'] },
    ];
    expect(parseTarget(`${registry}/${repository}`, { ...settings, sources }).name).toBe(name);
  });

  test("of a configured registry keeps the source's settings, and includes a repository that exclude matches", () => {
    const source = { name: 'harbor', caFile: '/ca.pem', dedup: 'namespace' };
    expect(parseTarget('harbor.example.com/sandbox/a', settings)).toMatchObject({ ...source, named: ['sandbox/a'] });
    expect(parseTarget('harbor.example.com/*', settings)).not.toHaveProperty('named');
  });
});

describe('Amazon ECR', () => {
  test.each([
    ['ecr:ap-east-1', undefined],
    ['ecr:999999999999.eu-west-1', '999999999999'],
  ])('%s is a source of its own', (target, account) => {
    const source = parseTarget(target, settings);
    expect(source).toMatchObject({
      kind: 'ecr',
      name: target,
      regions: [target.split(/[:.]/).at(-1)],
      dedup: 'repository',
    });
    expect((source as EcrSource).account).toBe(account);
  });

  test.each(['ecr:123456789012.us-east-1', '123456789012.dkr.ecr.us-east-1.amazonaws.com'])(
    '%s is one region of the configured source',
    (target) => {
      expect(parseTarget(target, settings)).toMatchObject({ name: 'prod', profile: 'audit', regions: ['us-east-1'] });
    },
  );

  const role = { name: 'by-role', assumeRole: 'arn:aws:iam::210987654321:role/slimboard-audit' };
  test.each([
    ['ecr:210987654321.eu-west-1', role],
    ['210987654321.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1', { ...role, include: ['shop/api'], tags: ['1'] }],
    ['ecr:eu-west-1', role],
    ['ecr:333333333333.eu-west-1', { name: 'anywhere', profile: 'third' }],
  ])('%s is the configured source that leaves out its account or its regions', (target, expected) => {
    expect(parseTarget(target, settings)).toMatchObject({ ...expected, regions: ['eu-west-1'] });
  });

  test.each([
    ['210987654321.ap-east-1', 'a region that it has not'],
    ['999999999999.eu-west-1', 'an account that is not its'],
    ['444444444444.eu-west-1', 'one of two that leave out their regions'],
  ])('%s is a source of its own: %s', (registry) => {
    const [, , , anywhere] = settings.sources;
    const two = ['a', 'b'].map((name) => ({ ...anywhere, name, account: '444444444444' }) as EcrSource);
    const more = { ...settings, sources: [...settings.sources, ...two] };
    expect(parseTarget(`ecr:${registry}`, more)).toMatchObject({ name: `ecr:${registry}` });
  });

  test('ecr:REGION is the account of the caller, not that of a role, which may be read in any region', () => {
    const [, , byRole] = settings.sources;
    const { regions: _regions, ...anyRegion } = byRole as EcrSource;
    const [caller, name] = [{ ...anyRegion, name: 'caller' }, 'ecr:ap-east-1'];
    const { assumeRole: _role, ...ofCaller } = caller;
    expect(parseTarget(name, { ...settings, sources: [anyRegion] })).toMatchObject({ name });
    expect(parseTarget(name, { ...settings, sources: [anyRegion, ofCaller] })).toMatchObject({ name: 'caller' });
    expect(parseTarget('ecr:210987654321.ap-east-1', { ...settings, sources: [anyRegion] })).toMatchObject({
      name: 'by-role',
    });
  });

  test('a repository by its host', () => {
    const target = '999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1.0';
    expect(parseTarget(target, settings)).toMatchObject({ kind: 'ecr', include: ['shop/api'], tags: ['1.0'] });
  });
});

describe('what is no target', () => {
  test.each([
    ['habor', SettingsError, /neither a configured source \(harbor, prod, by-role, anywhere\) nor a registry/],
    ['', SettingsError, /neither/],
    ['https://harbor.example.com', SettingsError, /without https:\/\//],
    ['ecr:nowhere', SettingsError, /ecr:REGION/],
    ['ecr:123.eu-west-1', SettingsError, /ecr:REGION/],
    ['harbor.example.com/Team', InvalidReferenceError, /not a repository/],
    ['harbor.example.com/', SettingsError, /write "harbor.example.com", or "harbor.example.com\/\*"/],
    ['harbor.example.com/a:', InvalidReferenceError, /not a tag/],
    ['harbor.example.com/a:b c', InvalidReferenceError, /not a tag/],
    ['harbor.example.com/[a]*', SettingsError, /not a pattern/],
    [`harbor.example.com/a@sha256:${'0'.repeat(64)}`, SettingsError, /an audit reads tags/],
    ['ho_st.example.com', InvalidReferenceError, /not a registry/],
  ])('"%s" is refused with what is wrong', (target, kind, message) => {
    const attempt = (): unknown => parseTarget(target, settings);
    expect(attempt).toThrow(kind);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(SlimboardError);
  });

  test('a name says so if no source is configured', () => {
    expect(() => parseTarget('harbor', { ...settings, sources: [] })).toThrow('source (none is configured)');
  });
});
