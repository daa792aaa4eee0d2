import { beforeAll, describe, expect, test } from 'vitest';
import { htmlReport } from '../../../src/html/report-file.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { GROUPINGS } from '../../../src/report/names.ts';
import { openReport } from '../../../src/report/open-report.ts';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { pageText } from '../../support/dashboard.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { startRegistry } from '../../support/registry-server.ts';

/** The heading of a column that distinguishes the two. */
const ORIGIN_HEAD = />(Source|Registry)<\/(a|button)>/;

describe.each(BACKENDS)('the same repository in two registries, over $name', ({ open }) => {
  let hosts: readonly string[] = [];
  const get = (path: string) => pageText(db, path);
  const rowsOf = async (path: string) =>
    (JSON.parse(await get(`/api/v1${path}`)) as { rows: { registry: string; digest: string }[] }).rows;

  const db = useDatabase(open);
  beforeAll(async () => {
    hosts = await Promise.all(['dev', 'prod'].map(auditedRegistry));
  });

  /** One registry with two builds of `shop/app`, the second of which grew. */
  async function auditedRegistry(name: string): Promise<string> {
    const registry = await startRegistry();
    try {
      for (const [at, size] of [100, 5_000].entries()) {
        const layers = [`base of ${name}`, name.repeat(size)];
        registry.push(
          'shop/app',
          `v${at}`,
          image({ layers, config: { User: '' }, created: `2026-11-0${at + 1}T00:00:00Z` }),
        );
        await auditRegistry(db, registry, { source: { name } });
      }
      return registry.host;
    } finally {
      await registry.close();
    }
  }

  test('is in an HTML report of a selection, which names the newest audits of both', async () => {
    const filters = { team: 'unowned' };
    const report = await openReport(db, KINDS.images, { now: new Date(), filters });
    const options = { now: new Date(), prices: { storagePerGBMonth: 0.1, currency: 'USD' }, filters };
    expect(await htmlReport(db, report, options)).toMatch(/<p class="lead">Newest audits of (dev, prod|prod, dev) ·/);
    const audit = report.audit?.id;
    expect(await htmlReport(db, report, { ...options, audit })).toContain(`<p class="lead">Audit ${audit} of`);
  });

  test.each([0, 1])('has its own page for each: %i', async (at) => {
    const registry = hosts[at] ?? '';
    const page = await get(`/repository?${new URLSearchParams({ registry, name: 'shop/app' })}`);
    const all = await rowsOf('/reports/images');
    expect(new Set(all.map((row) => row.registry))).toEqual(new Set(hosts));
    for (const { digest, registry: of } of all)
      expect(page.includes(encodeURIComponent(digest)), `an image of ${of}`).toBe(of === registry);
    const grown = page.slice(page.indexOf('Builds that grew'), page.indexOf('<h2>Trend'));
    expect(grown.match(/>v1</g)).toHaveLength(1);
    expect(grown).toContain(`/regressions?repository=shop%2Fapp&amp;registry=${encodeURIComponent(registry)}`);
    expect(page).not.toMatch(ORIGIN_HEAD);
  });

  test.each(['images', 'findings', 'regressions', 'repositories'])('/%s distinguishes them', async (kind) => {
    expect(await get(`/${kind}`)).toMatch(ORIGIN_HEAD);
    expect(await get(`/${kind}?registry=${hosts[0]}`)).not.toMatch(ORIGIN_HEAD);
  });

  const kinds: readonly ReportKind[] = Object.values(KINDS);
  test.each(kinds.filter(({ filters }) => filters.registry).map(({ name }) => `/reports/${name}`))(
    '%s is limited to one of them',
    async (path) => {
      for (const row of await rowsOf(`${path}?registry=${hosts[1]}`)) expect(row.registry ?? hosts[1]).toBe(hosts[1]);
      expect(await rowsOf(`${path}?registry=elsewhere.example.com`)).toEqual([]);
    },
  );

  test.each(GROUPINGS.filter((by) => by !== 'team'))('a leaderboard by %s is limited to one of them', async (by) => {
    expect(await rowsOf(`/leaderboard?by=${by}&registry=${hosts[1]}`)).not.toEqual([]);
    expect(await rowsOf(`/leaderboard?by=${by}&registry=elsewhere.example.com`)).toEqual([]);
  });
});

test.each(BACKENDS)('a page after an audit of a part says how many tags it covers, over $name', async ({ open }) => {
  const db = closedAfterTest(await open());
  const registry = closedAfterTest(await startRegistry());
  for (const name of ['shop/app', 'shop/api']) registry.push(name, '1', image({ layers: [name] }));
  const leadOf = async () => /class="lead">([^<]*)/.exec(await pageText(db, '/images'))?.[1];
  await auditRegistry(db, registry);
  expect(await leadOf()).toMatch(/ · 2 of 2 tags audited$/);
  await auditRegistry(db, registry, { source: { include: ['shop/app'] } });
  expect(await leadOf()).toMatch(/ · 1 of 1 tag audited · reports cover 2 tags$/);
});
