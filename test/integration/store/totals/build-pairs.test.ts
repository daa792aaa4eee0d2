import { beforeEach, describe, expect, test } from 'vitest';
import { readBuildPairs } from '../../../../src/store/totals/improvement-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../../support/databases.ts';
import { Inventory } from '../../../support/inventory.ts';

const AT = '2026-11-01T02:00:00Z';

describe.each(BACKENDS)('successive builds of a repository, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  let inventory: Inventory;
  let source: number;
  let repository: number;
  let builds: number;

  beforeEach(async () => {
    inventory = new Inventory(db);
    source = await inventory.source('lab');
    repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    builds = 0;
  });

  /** A build that trips a rule of its own, so that any two differ in what a technique changes. */
  async function build(createdAt?: string, platform?: string, bytes = 1): Promise<number> {
    const name = `build ${++builds}`;
    const more = { ...(createdAt && { createdAt }), ...(platform && { platform }) };
    const findings = [{ rule: name, severity: 'warn' }];
    return inventory.image({ name, layers: [[name, bytes]], assessment: {}, findings, ...more });
  }
  const tag = (name: string, image: number, at = AT) => inventory.tag(repository, name, image, at);
  const pushed = async (name: string, image: number, at: string | null) =>
    db.query('update tag set pushed_at = $2 where id = $1', [await tag(name, image), at]);
  const pairs = async () =>
    (await readBuildPairs(db, [repository])).map((pair) => `${pair.previousTag} to ${pair.tag}`).toSorted();

  test('follow one another by their dates, those without one first, in each line of tags and for each platform', async () => {
    await tag('1.2', await build('2026-01-03'));
    await tag('1.1', await build());
    await tag('1.0', await build('2026-01-02', 'linux/arm64'));
    await tag('1.3-slim', await build('2026-01-04'));
    await tag('1.4', await build('2026-01-05'));
    expect(await pairs()).toEqual(['1.1 to 1.2', '1.2 to 1.4']);
  });

  test('of one date and one audit have an order only if it is known of all their tags when they were pushed', async () => {
    await pushed('1.0', await build('2026-01-01'), '2026-01-01');
    const second = await build('2026-01-01');
    await pushed('1.1', second, '2026-01-02');
    expect(await pairs()).toEqual(['1.0 to 1.1']);
    await pushed('1.2', second, null);
    expect(await pairs()).toEqual([]);
  });

  test('of one date have the order of the audits that found them', async () => {
    await tag('1.0', await build('2026-01-01'), '2026-11-01T01:00:00Z');
    await inventory.audit(source, AT);
    await tag('1.1', await build('2026-01-01'), '2026-11-01T03:00:00Z');
    expect(await pairs()).toEqual(['1.0 to 1.1']);
  });

  test('of one date follow the one that was found last, also if the audits that found them were pruned', async () => {
    await tag('1.1', await build('2026-01-01'), '2024-11-01T02:00:00Z');
    await tag('1.0', await build('2026-01-01'), '2024-11-02T02:00:00Z');
    await inventory.audit(source, AT);
    await tag('1.2', await build('2026-01-02'), '2026-11-01T03:00:00Z');
    expect(await pairs()).toEqual(['1.0 to 1.2']);
  });

  test('of one date have no order by an audit that failed: it has not read everything', async () => {
    await tag('1.0', await build('2026-01-01'), '2026-11-01T01:00:00Z');
    await inventory.audit(source, AT, { status: 'failed' });
    await tag('1.1', await build('2026-01-01'), '2026-11-01T03:00:00Z');
    expect(await pairs()).toEqual([]);
  });

  test.each([[[1, 2]], [[2, 1]]])(
    'of one date and one tag that one audit found stand in the order of their sizes, however they were stored: %j',
    async (order) => {
      await tag('1.0', await build('2026-01-01'));
      const images = new Map<number, number>();
      for (const bytes of order) {
        images.set(bytes, await build('2026-01-02', undefined, bytes));
        await inventory.endTag(await tag('1.1', images.get(bytes) ?? 0), AT);
      }
      const [pair] = await readBuildPairs(db, [repository]);
      expect(pair?.after).toBe(images.get(1));
    },
  );

  test.each([[['1.1', '1.2']], [['1.2', '1.1']]])(
    'of one date that one audit found stand in the order of their tags, however they were stored: %j',
    async (order) => {
      await tag('1.0', await build('2026-01-01'));
      for (const name of order) await tag(name, await build('2026-01-02'));
      await tag('1.3', await build('2026-01-03'));
      expect(await pairs()).toEqual(['1.0 to 1.1', '1.2 to 1.3']);
    },
  );

  test('of one date that one audit read one after another stand in the order of their tags', async () => {
    await inventory.audit(source, AT);
    await tag('1.0', await build('2026-01-01'), '2026-11-02T02:00:00Z');
    await tag('1.2', await build('2026-01-02'), '2026-11-02T02:01:00Z');
    await tag('1.1', await build('2026-01-02'), '2026-11-02T02:02:00Z');
    await inventory.audit(source, '2026-11-02T02:03:00Z');
    await tag('1.3', await build('2026-01-03'), '2026-11-03T02:00:00Z');
    expect(await pairs()).toEqual(['1.0 to 1.1', '1.2 to 1.3']);
  });

  test('in several lines follow the newest before them', async () => {
    await tag('1.0', await build('2026-01-01'));
    await inventory.endTag(await tag('latest', await build('2026-01-02')), AT);
    const next = await build('2026-01-03');
    for (const name of ['1.1', 'latest']) await tag(name, next);
    expect(await pairs()).toEqual(['latest to latest']);
  });

  test('that follow the same build in several lines are named in that of their first tag', async () => {
    const first = await build('2026-01-01');
    await tag('1.0', first);
    await inventory.endTag(await tag('latest', first), AT);
    const next = await build('2026-01-02');
    for (const name of ['latest', '1.1']) await tag(name, next);
    expect(await pairs()).toEqual(['1.0 to 1.1']);
  });

  test('are the first of its platform where a tag names an index', async () => {
    await tag('1.0', await build('2026-01-01'));
    const [first, second] = [await build('2026-01-03'), await build('2026-01-02')];
    await tag('1.1', await inventory.index('two of a platform', [first, second]));
    expect(await readBuildPairs(db, [repository])).toMatchObject([{ after: first }]);
  });
});
