import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { isText } from '../../../src/report/report.ts';
import { readPage, recordsOf } from '../../../src/report/report-page.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const AT = '2026-11-24T02:00:00Z';
const REGIONS = 12;
const UNTAGGED = 30;
/** Most kinds have a few pages; rows that differ in little end one, and begin the next. */
const PAGE = 20;
const STEP = { technique: 'slim-base', gain: 1, projection: { after: { min: 5, max: 6 }, basis: 'measured' } };

/** Rows that differ in little: the same repository in many registries, untagged images alike, indexes of one image. */
async function fill(db: Database): Promise<void> {
  const inventory = new Inventory(db);
  const source = await inventory.source('lab');
  const alike = { assessment: { techniques: JSON.stringify([STEP]) }, findings: [{ rule: 'root', severity: 'warn' }] };
  const image = (name: string) => inventory.image({ name, layers: [['app', 7]], ...alike });
  const shared = await image('shared');
  for (let region = 0; region < REGIONS; region++) {
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    await db.query('update repository set registry = $2 where id = $1', [repository, `r${region}.example.com`]);
    await inventory.tag(repository, '1', shared, AT);
  }
  const untagged = await inventory.repository(source, 'shop/untagged', 'shop', AT);
  for (let number = 0; number < UNTAGGED; number++) {
    await inventory.tag(untagged, null, await image(`untagged ${number}`), AT);
    await inventory.tag(untagged, null, await inventory.index(`index ${number}`, [shared]), AT);
  }
  await inventory.audit(source, AT);
}

describe.each(BACKENDS)('the pages of a report on $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    await fill(db);
  });

  async function textsOf(kind: ReportKind, sort: string | undefined): Promise<readonly string[]> {
    const order = sort === undefined ? {} : { sort };
    const texts: string[] = [];
    for (;;) {
      const rows = await readRecords(db, kind, { limit: PAGE, offset: texts.length, ...order });
      if (rows.length === 0) return texts;
      texts.push(...rows.map((row) => JSON.stringify(row)));
    }
  }

  test.each(Object.values(KINDS).map(({ name }) => name))('of %s have each row once, however sorted', async (name) => {
    const kind: ReportKind = KINDS[name as keyof typeof KINDS];
    const whole = (await readRecords(db, kind)).map((row) => JSON.stringify(row)).sort();
    const size = kind.columns.find(({ type }) => type === 'bytes');
    for (const sort of [undefined, ...(size ? [`-${size.name}`] : [])])
      expect([...(await textsOf(kind, sort))].sort(), sort).toEqual(whole);
  });

  test.each(Object.values(KINDS))('of $name behind the last one have the total of the filters', async (kind) => {
    const filters = kind.filters.minSize ? { minSize: '7B' } : {};
    const { length } = await readRecords(db, kind, { filters });
    const page = await readPage(db, kind, { filters, offset: 1_000, limit: PAGE, now: new Date(AT) });
    expect(page).toMatchObject({ rows: [], total: length });
  });

  test('of images are cut from the whole report', async () => {
    const whole = (await readRecords(db, KINDS.images)).map((row) => JSON.stringify(row));
    expect(await textsOf(KINDS.images, undefined)).toEqual(whole);
  });

  test.each([undefined, '-compressed_bytes'])('of images have what a search finds, sorted by %s', async (sort) => {
    const whole = await readRecords(db, KINDS.images, { sort });
    const texts = KINDS.images.columns.filter((column) => isText(column) || column.type === 'digest');
    const textOf = (row: Record<string, unknown>) =>
      texts
        .map(({ name }) => row[name] ?? '')
        .join(' ')
        .toLowerCase();
    const [first, ...others] = whole.map(({ digest }) => String(digest));
    for (const search of ['R3.EXAMPLE', 'Untagged', `${first?.slice(9, 30)}`, `${others.at(-1)}`, 'nothing']) {
      const page = await readPage(db, KINDS.images, { search, sort, limit: 1_000, now: new Date(AT) });
      expect(recordsOf(page), search).toEqual(whole.filter((row) => textOf(row).includes(search.toLowerCase())));
    }
  });
});
