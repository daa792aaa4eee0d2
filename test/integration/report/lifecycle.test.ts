import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { lifecycleSimulation } from '../../../src/report/kinds/lifecycle.ts';
import { parseInUse } from '../../../src/report/reclaim/in-use.ts';
import { type LifecyclePolicy, parseLifecyclePolicy } from '../../../src/report/reclaim/lifecycle-policy.ts';
import { nearestPolicy } from '../../../src/report/reclaim/nearest-policy.ts';
import { BACKENDS, emptyTables, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

type Selection = LifecyclePolicy['rules'][number]['selection'];

const EXPIRE = { type: 'expire' } as const;
const ARCHIVE = { type: 'transition', targetStorageClass: 'archive' } as const;

function rule(rulePriority: number, selection: Selection, action: typeof EXPIRE | typeof ARCHIVE = EXPIRE) {
  return { rulePriority, selection, action };
}
const keep = (countNumber: number) => ({ countType: 'imageCountMoreThan', countNumber }) as const;
const pushed = (countNumber: number) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber }) as const;
const ARCHIVED = { countType: 'sinceImageTransitioned', countUnit: 'days', countNumber: 90 } as const;
const pulled = (countNumber: number) => ({ countType: 'sinceImagePulled', countUnit: 'days', countNumber }) as const;

describe.each(BACKENDS)('a lifecycle policy simulated on $name', ({ open }) => {
  let inventory: Inventory;
  let source: number;

  const db = useDatabase(open);

  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

  /** Four builds of an app on one base; an index of two, whose children have no tag; and the signature of one build. */
  beforeEach(async () => {
    await emptyTables(db);
    inventory = new Inventory(db);
    source = await inventory.source('prod', 'repository');
    const app = await inventory.repository(source, 'shop/app', 'shop', daysAgo(90));
    const other = await inventory.repository(source, 'shop/other', 'shop', daysAgo(90));
    const build = (name: string, bytes: number) =>
      inventory.image({
        name,
        layers: [
          ['base', 1000],
          [`layer of ${name}`, bytes],
        ],
      });
    for (const [at, [name, days]] of (
      [
        ['dev-1', 40],
        ['dev-2', 30],
        ['prod-3', 20],
        ['prod-4', 10],
      ] as const
    ).entries()) {
      const id = await build(name, 10 ** at);
      await inventory.tag(app, name, id, daysAgo(days));
      if (name === 'prod-4') await inventory.tag(app, 'latest', id, daysAgo(days));
    }
    const children = [await build('amd64', 10_000), await build('arm64', 20_000)];
    await inventory.tag(app, 'multi', await inventory.index('multi', children), daysAgo(25));
    for (const child of children) await inventory.tag(app, null, child, daysAgo(26));
    const signature = await build('signature', 5);
    await db.query('update manifest set subject = (select digest from manifest where id = $2) where id = $1', [
      signature,
      (await db.query<{ id: number }>("select manifest_id as id from tag where name = 'dev-1'"))[0]?.id ?? 0,
    ]);
    await inventory.tag(app, 'sha256-dev-1.sig', signature, daysAgo(39));
    await inventory.tag(other, 'dev-9', await build('elsewhere', 7), daysAgo(80));
  });

  async function simulate(rules: LifecyclePolicy['rules'], inUse = '', repository = 'shop/app') {
    const kind = lifecycleSimulation(parseLifecyclePolicy(JSON.stringify({ rules })), parseInUse(inUse));
    return readRecords(db, kind, { filters: { repository } });
  }
  const gist = (rows: readonly Record<string, unknown>[]) =>
    rows.map(({ tags, rule, outcome, freed_bytes }) => [tags, rule, outcome, freed_bytes]);

  const DEV = { tagStatus: 'tagged' as const, tagPatternList: ['dev-*'] };
  const PROD = { tagStatus: 'tagged' as const, tagPrefixList: ['prod-'] };

  test.each<[string, LifecyclePolicy['rules'], unknown[][]]>([
    [
      'an image that expires takes its signature along; layers that others hold stay',
      [rule(1, { ...DEV, ...keep(1) })],
      [
        ['dev-1', 1, 'expires', 1 + 1],
        ['sha256-dev-1.sig', 1, 'expires-later', 5 + 1],
      ],
    ],
    [
      'a rule of the archive class leaves what is not archived to those after it',
      [rule(1, { tagStatus: 'any', storageClass: 'archive', ...ARCHIVED }), rule(2, { ...DEV, ...keep(1) })],
      [
        ['dev-1', 2, 'expires', 1 + 1],
        ['sha256-dev-1.sig', 2, 'expires-later', 5 + 1],
      ],
    ],
    ['age counts from the push', [rule(1, { ...PROD, ...pushed(15) })], [['prod-3', 1, 'expires', 100 + 1]]],
    ['an age that nothing reaches marks nothing', [rule(1, { tagStatus: 'any', ...pushed(99_999_999) })], []],
    [
      'a pattern is matched by any tag, and all patterns must be',
      [rule(1, { tagStatus: 'tagged', tagPatternList: ['prod-*', 'l*t'], ...pushed(5) })],
      [['latest;prod-4', 1, 'expires', 1000 + 1]],
    ],
    [
      'a rule keeps from those after it what it selects and does not mark, and they count it all the same',
      [rule(1, { ...PROD, ...keep(9) }), rule(2, { tagStatus: 'any', ...keep(3) })],
      [
        ['dev-1', 2, 'expires', 2],
        ['sha256-dev-1.sig', 2, 'expires-later', 6],
        ['dev-2', 2, 'expires', 11],
        ['', 2, 'stays', 0],
        ['', 2, 'stays', 0],
      ],
    ],
    [
      'children of an index that stays, stay',
      [rule(1, { tagStatus: 'untagged', ...pushed(1) })],
      [
        ['', 1, 'stays', 0],
        ['', 1, 'stays', 0],
      ],
    ],
    [
      'children go after their index, which holds nothing itself',
      [
        rule(1, { tagStatus: 'tagged', tagPatternList: ['multi'], ...pushed(1) }),
        rule(2, { tagStatus: 'untagged', ...pushed(1) }),
      ],
      [
        ['multi', 1, 'expires', 0],
        ['', 2, 'expires-later', 10_001],
        ['', 2, 'expires-later', 20_001],
      ],
    ],
    [
      'without a rule for them the children of an index outlive it',
      [rule(1, { tagStatus: 'tagged', tagPatternList: ['multi'], ...pushed(1) })],
      [['multi', 1, 'expires', 0]],
    ],
    [
      'what several images hold is freed with the last of them, by the order of the rows',
      [rule(1, { tagStatus: 'any', ...pushed(1) })],
      [
        ['dev-1', 1, 'expires', 1 + 1],
        ['sha256-dev-1.sig', 1, 'expires-later', 5 + 1],
        ['dev-2', 1, 'expires', 10 + 1],
        ['', 1, 'expires-later', 10_000 + 1],
        ['', 1, 'expires-later', 20_000 + 1],
        ['multi', 1, 'expires', 0],
        ['prod-3', 1, 'expires', 100 + 1],
        ['latest;prod-4', 1, 'expires', 1000 + 1 + 1000],
      ],
    ],
    [
      'what is archived frees nothing; never pulled counts from the push',
      [rule(1, { ...DEV, ...pulled(35) }, ARCHIVE)],
      [['dev-1', 1, 'archives', 0]],
    ],
  ])('%s', async (_, rules, expected) => {
    const sorted = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(sorted(gist(await simulate(rules)))).toEqual(sorted(expected));
  });

  test('an image that goes from one repository stays in another, and its layers there', async () => {
    await db.query(
      `insert into tag (repository_id, name, manifest_id, started_at)
       select r.id, 'promoted', t.manifest_id, t.started_at from tag t, repository r where t.name = 'dev-1' and r.name = 'shop/other'`,
    );
    expect(gist(await simulate([rule(1, { ...DEV, ...keep(1) })]))).toEqual([
      ['dev-1', 1, 'expires', 1 + 1],
      ['sha256-dev-1.sig', 1, 'expires-later', 5 + 1],
    ]);
  });

  test('children go with the index of their repository, and stay with it, whatever becomes of it in another one', async () => {
    await db.query(
      `insert into tag (repository_id, name, manifest_id, started_at)
       select r.id, case when t.name is not null then 'old' end, t.manifest_id, t.started_at from tag t, repository r
       where (t.name = 'multi' or t.name is null) and r.name = 'shop/other'`,
    );
    const old = rule(1, { tagStatus: 'tagged', tagPatternList: ['old'], ...pushed(1) });
    const rows = await simulate([old, rule(2, { tagStatus: 'untagged', ...pushed(1) })], '', 'shop/*');
    expect(rows.map(({ repository, tags, outcome }) => [repository, tags, outcome])).toEqual([
      ['shop/other', '', 'expires-later'],
      ['shop/other', '', 'expires-later'],
      ['shop/other', 'old', 'expires'],
      ['shop/app', '', 'stays'],
      ['shop/app', '', 'stays'],
    ]);
  });

  test('a child of an index within an index goes once both have gone', async () => {
    const repository = await inventory.repository(source, 'shop/nested', 'shop', daysAgo(90));
    const leaf = await inventory.image({ name: 'leaf', layers: [['leaf', 7]] });
    const inner = await inventory.index('inner', [leaf]);
    const outer = await inventory.index('outer', [inner]);
    await inventory.tag(repository, 'outer', outer, daysAgo(20));
    for (const id of [inner, leaf]) await inventory.tag(repository, null, id, daysAgo(20));
    const outcomes = async (...rules: LifecyclePolicy['rules']) =>
      (await simulate(rules, '', 'shop/nested')).map(({ digest, outcome }) => [digest, outcome]).sort();
    const untagged = rule(2, { tagStatus: 'untagged', ...pushed(1) });
    const all = [rule(1, { tagStatus: 'tagged', tagPatternList: ['outer'], ...pushed(1) }), untagged];
    const children = (outcome: string) => [
      [digestOf('inner'), outcome],
      [digestOf('leaf'), outcome],
    ];
    expect(await outcomes(...all)).toEqual([...children('expires-later'), [digestOf('outer'), 'expires']].sort());
    expect(await outcomes(untagged)).toEqual(children('stays').sort());
  });

  test('a rule counts the images of each repository by themselves', async () => {
    const rows = await simulate([rule(1, { ...DEV, ...keep(1) })], '', 'shop/*');
    expect(rows.map(({ tags }) => tags)).toEqual(['dev-1', 'sha256-dev-1.sig']);
  });

  test('only * stands for other characters in a pattern', async () => {
    const tagged = (pattern: string) => ({ tagStatus: 'tagged' as const, tagPatternList: [pattern], ...pushed(1) });
    for (const pattern of ['dev_*', 'dev%', 'dev.*']) expect(await simulate([rule(1, tagged(pattern))])).toEqual([]);
    expect(await simulate([rule(1, tagged('d*v-*'))])).not.toEqual([]);
  });

  test('rules of the standard class do not apply to an archived image', async () => {
    await db.query("update tag set archived = true where name = 'dev-1'");
    expect(gist(await simulate([rule(1, { ...DEV, ...pushed(1) })]))).toEqual([['dev-2', 1, 'expires', 11]]);
  });

  test('includes all images of a repository, of any size', async () => {
    const kind = lifecycleSimulation(
      parseLifecyclePolicy(JSON.stringify({ rules: [rule(1, { ...DEV, ...keep(1) })] })),
      parseInUse(''),
    );
    const request = { filters: { minSize: '1kB' }, now: new Date() };
    const refusal = 'cannot be limited by --min-size';
    await expect(readRecords(db, kind, request)).rejects.toThrow(refusal);
    await expect(nearestPolicy(db, parseInUse(''), request)).rejects.toThrow(refusal);
  });

  test('images in use come first, whatever becomes of them, and what they share is freed with the last row', async () => {
    const inUse = ['prod-4', 'arm64'].map((name) => `shop/app@${digestOf(name)}`).join('\n');
    const rows = await simulate([rule(1, { tagStatus: 'any', ...pushed(1) })], inUse);
    expect(rows.map(({ in_use }) => in_use)).toEqual([true, true, ...Array(rows.length - 2).fill(false)]);
    expect(gist([rows[1] ?? {}, rows.at(-1) ?? {}])).toEqual([
      ['latest;prod-4', 1, 'expires', 1000 + 1],
      ['prod-3', 1, 'expires', 100 + 1 + 1000],
    ]);
    const kept = await simulate(
      [rule(1, { ...DEV, ...pushed(1) }), rule(2, { tagStatus: 'untagged', ...pushed(1) })],
      inUse,
    );
    expect(kept.map(({ outcome, in_use }) => [outcome, in_use])[0]).toEqual(['stays', true]);
  });

  test('the nearest policy is one that ECR accepts, without rules that would touch images in use', async () => {
    const app = (await db.query<{ id: number }>("select id from repository where name = 'shop/app'"))[0]?.id ?? 0;
    for (const days of [50, 60])
      await inventory.tag(
        app,
        null,
        await inventory.image({ name: `loose ${days}`, layers: [[`loose ${days}`, days]] }),
        daysAgo(days),
      );
    const request = { filters: { repository: 'shop/*' }, now: new Date() };
    const gone = async (inUse: string) => {
      const { rules } = await nearestPolicy(db, parseInUse(inUse), request);
      const rows = await simulate(parseLifecyclePolicy(JSON.stringify({ rules })).map((each) => ({ ...each })));
      return [rules.length, rows.filter(({ outcome }) => outcome !== 'stays').map(({ digest }) => digest)];
    };
    expect(await gone('')).toEqual([3, [digestOf('loose 60'), digestOf('loose 50')]]);
    expect(await gone(digestOf('loose 60'))).toEqual([2, []]);
  });

  test('the nearest policy expires nothing from the archive if something there is in use', async () => {
    await db.query("update tag set archived = true where name = 'dev-1'");
    const request = { filters: { repository: 'shop/*' }, now: new Date() };
    const archiveRules = async (inUse: string) => {
      const { rules } = await nearestPolicy(db, parseInUse(inUse), request);
      return rules.filter(({ selection }) => selection.storageClass === 'archive').length;
    };
    expect(await archiveRules(`shop/app@${digestOf('dev-2')}`)).toBe(1);
    expect(await archiveRules(`shop/app@${digestOf('dev-1')}`)).toBe(0);
  });

  test.each<[string, LifecyclePolicy['rules'], string]>([
    ['some', [rule(1, { ...DEV, ...keep(1) }), rule(2, { tagStatus: 'untagged', ...keep(1) })], 'shop/app'],
    [
      'an index and its children',
      [
        rule(1, { tagStatus: 'tagged', tagPatternList: ['multi'], ...pushed(1) }),
        rule(2, { tagStatus: 'untagged', ...pushed(1) }),
      ],
      'shop/*',
    ],
    ['everything', [rule(1, { tagStatus: 'any', ...pushed(1) })], 'shop/*'],
  ])(
    'what it frees is, to the byte, what the registry stores less when it is gone: %s',
    async (_, rules, repository) => {
      const stored = async () => {
        const audit = await inventory.audit(source, new Date().toISOString());
        const [total] = await db.query<{ bytes: number }>(
          'select stored_bytes as bytes from source_total where audit_id = $1',
          [audit],
        );
        return total?.bytes ?? 0;
      };
      const before = await stored();
      const gone = (await simulate(rules, '', repository)).filter(({ outcome }) =>
        String(outcome).startsWith('expires'),
      );
      for (const { repository: name, digest } of gone) {
        await db.query(
          `update tag t set ended_at = now() from repository r, manifest m
         where r.id = t.repository_id and m.id = t.manifest_id and r.name = $1 and 'sha256:' || encode(m.digest, 'hex') = $2`,
          [String(name), String(digest)],
        );
      }
      expect(before - (await stored())).toBe(gone.reduce((sum, { freed_bytes }) => sum + Number(freed_bytes), 0));
      expect(gone.length).toBeGreaterThan(0);
    },
  );
});
