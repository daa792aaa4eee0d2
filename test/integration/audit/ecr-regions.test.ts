import { beforeAll, describe, expect, test, vi } from 'vitest';
import { SettingsError } from '../../../src/errors.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { parseTarget } from '../../../src/settings/target.ts';
import { auditEcr, auditSources, defaultSettings, errorsOf } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { useEcr } from '../../support/ecr.ts';
import { FAKE_ACCOUNT, type FakeEcr } from '../../support/fake-ecr.ts';
import { image } from '../../support/image-builder.ts';

const ecr = useEcr();
const [EU, US] = ['eu-west-1', 'us-east-1'];
const BOTH = { regions: [EU, US] };

describe.each(BACKENDS)('audits of several regions into $name', ({ open }) => {
  let settings: Settings;

  const db = useEmptyDatabase(open);
  beforeAll(async () => {
    const defaults = await defaultSettings();
    const prod = { kind: 'ecr', name: 'prod', account: FAKE_ACCOUNT, ...BOTH, dedup: 'repository' } as const;
    settings = { ...defaults, sources: [{ ...defaults.sourceDefaults, ...prod }] };
  });

  /** A fake with these repositories, each with one image. */
  async function registriesOf(repositories: Readonly<Record<string, readonly string[]>>): Promise<FakeEcr> {
    const fake = await ecr.start();
    for (const [region, names] of Object.entries(repositories))
      for (const name of names) fake.push(name, image({ layers: [name] }), { tags: ['1'], region });
    return fake;
  }

  const openTags = async () => {
    const rows = await db.query<{ tag: string }>(
      `select split_part(r.registry, '.', 4) || '/' || r.name || ':' || t.name as tag from repository r
       join tag t on t.repository_id = r.id where r.ended_at is null and t.ended_at is null order by 1`,
    );
    return rows.map(({ tag }) => tag);
  };

  test.each([
    ['ecr:123456789012.eu-west-1', ['eu-west-1/app:1', 'us-east-1/app:1', 'us-east-1/other:1']],
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com/*', ['eu-west-1/app:1', 'eu-west-1/gone:1', 'us-east-1/app:1']],
    [
      '123456789012.dkr.ecr.us-east-1.amazonaws.com/app',
      ['eu-west-1/app:1', 'eu-west-1/gone:1', 'us-east-1/app:1', 'us-east-1/other:1'],
    ],
  ])('of %s do not change repositories outside it', async (target, expected) => {
    await auditEcr(db, await registriesOf({ [EU]: ['app', 'gone'], [US]: ['app', 'other'] }), { source: BOTH });
    expect(await openTags()).toHaveLength(4);
    const fake = await registriesOf({ [EU]: ['app'], [US]: ['app'] });
    await auditEcr(db, fake, { source: { ...Object(parseTarget(target, settings)), endpoint: fake.url } });
    expect(await openTags()).toEqual(expected);
  });

  test('end missing tags, even of an empty region, and whether or not the settings name the account', async () => {
    await auditEcr(db, await registriesOf({ [EU]: ['app', 'gone'], [US]: ['app'] }), { source: BOTH });
    const ofCaller = Object({ ...BOTH, account: undefined });
    await auditEcr(db, await registriesOf({ [EU]: ['app'] }), { source: ofCaller });
    expect(await openTags()).toEqual(['eu-west-1/app:1']);
  });

  test('end missing tags in one region while another is refused, and report invalid names', async () => {
    await auditEcr(db, await registriesOf({ [EU]: ['app', 'gone'], [US]: ['app'] }), { source: BOTH });
    const fake = await registriesOf({ [EU]: ['app'] });
    fake.createRepository('No_Name');
    fake.fail({ operation: 'DescribeRepositories', region: US }, { name: 'AccessDeniedException' });
    const told: string[] = [];
    const audit = await auditEcr(db, fake, { source: BOTH, onFailure: (item) => told.push(item) });
    expect(audit).toMatchObject({ status: 'incomplete', repositoriesListed: 1 });
    expect(await openTags()).toEqual(['eu-west-1/app:1', 'us-east-1/app:1']);
    expect((await errorsOf(db, audit.id)).map(({ repository, code }) => [repository, code])).toEqual([
      ['', 'access-denied'],
      ['No_Name', 'invalid-reference'],
    ]);
    expect(told.toSorted()).toEqual(['', 'No_Name']);
  });

  test('do not begin if no region is set anywhere', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    const beginning = auditEcr(db, await registriesOf({}), { source: Object({ regions: undefined }) });
    await expect(beginning).rejects.toThrow(SettingsError);
    await expect(beginning).rejects.toThrow('prod: no AWS region is set');
    vi.stubEnv('AWS_REGION', 'no region');
    const withWrong = auditEcr(db, await registriesOf({}), { source: Object({ regions: undefined }) });
    await expect(withWrong).rejects.toThrow(
      'prod: the AWS region that is set cannot be used (Region not accepted: region="no region"',
    );
    expect(await db.query('select id from audit')).toEqual([]);
  });

  test('without a region fail for their source only', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    const fake = await registriesOf({ [EU]: ['app'] });
    const [prod] = settings.sources;
    const here = { ...Object(prod), endpoint: fake.url, regions: [EU] };
    const nowhere = { ...Object(prod), name: 'nowhere', regions: undefined };
    const audit = await auditSources(db, [here, nowhere]);
    expect(audit).toMatchObject({ status: 'incomplete', tagsAudited: 1 });
    expect(await errorsOf(db, audit.id)).toMatchObject([{ code: 'settings' }]);
  });
});
