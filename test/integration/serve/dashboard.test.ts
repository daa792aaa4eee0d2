import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import type { Hono } from 'hono';
import { beforeAll, describe, expect, test } from 'vitest';
import { htmlReport } from '../../../src/html/report-file.ts';
import type { ReportFilters } from '../../../src/report/filters.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { hasHistory } from '../../../src/report/leaderboard.ts';
import { GROUPINGS, METRICS } from '../../../src/report/names.ts';
import { openReport } from '../../../src/report/open-report.ts';
import { createDashboardApp } from '../../../src/serve/app.ts';
import type { ImageDetail } from '../../../src/serve/image-detail.ts';
import { imagePage } from '../../../src/serve/pages/image-page.ts';
import { auditedFleet, dashboardOver, HOSTILE } from '../../support/dashboard.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';

interface Answer {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}

const PRICES = { storagePerGBMonth: 0.1, currency: 'USD' };
const LOCAL = { headers: { host: '127.0.0.1:8620' } };

describe.each(BACKENDS)('the dashboard over $name', ({ open }) => {
  let app: Hono;
  const get = (path: string) => app.request(path, LOCAL);
  const textOf = async (path: string) => (await get(path)).text();
  const json = async (path: string) => (await get(path)).json();
  const rowsOf = async <R>(kind: string) => ((await json(`/api/v1/reports/${kind}`)) as { rows: R[] }).rows;
  const anImage = async () => {
    const [row] = await rowsOf<{ digest: string }>('images?repository=payments/app-0&tag=v9');
    return (await json(`/api/v1/images/${row?.digest}`)) as ImageDetail;
  };

  const db = useDatabase(open);
  beforeAll(async () => {
    await auditedFleet(db);
    app = createDashboardApp(await dashboardOver(db));
  });

  test.each([
    '/',
    '/compare',
    '/leaderboard',
    '/healthz',
    '/readyz',
    '/metrics',
    ...Object.keys(KINDS).map((name) => `/${name}`),
  ])('%s is served', async (path) => {
    const answer = await get(path);
    expect(answer.status, await answer.clone().text()).toBe(200);
  });

  test.each([
    ['/teams/', 301, '/teams'],
    ['/images/?team=shop', 301, '/images?team=shop'],
    ['//example.com/', 404, null],
    ['/nothing', 404, null],
  ])('%s answers %i, and redirects to %s', async (path, status, location) => {
    const answer = await app.request(`http://127.0.0.1:8620${path}`, LOCAL);
    expect([answer.status, answer.headers.get('location')]).toEqual([status, location]);
  });

  test.each(Object.keys(KINDS))('text from a registry is escaped: /%s', async (kind) => {
    const text = await textOf(`/${kind}`);
    expect(text).not.toContain('<script>window');
    expect(text).not.toContain('<img');
    expect(text).not.toContain('\u202e');
    expect(text).not.toContain('\u001b');
  });

  test('the overview has the figures of the report', async () => {
    const { totals, teams } = (await json('/api/v1/overview')) as {
      totals: { stored_bytes: number; repositories: number };
      teams: { stored_bytes: number }[];
    };
    const rows = await rowsOf<{ stored_bytes: number }>('teams');
    const sum = (list: { stored_bytes: number }[]) => list.reduce((total, row) => total + row.stored_bytes, 0);
    expect(totals.repositories).toBe(10);
    expect(totals.stored_bytes).toBe(sum(rows));
    expect(sum(teams)).toBe(sum(rows));
  });

  test('the overview shows the newest audit', async () => {
    const auditOf = async () => ((await json('/api/v1/overview')) as { audit: { id: number } }).audit.id;
    expect(await auditOf()).toBe(2);
    await db.query(
      `insert into audit (lane, status, stage, options, started_at, finished_at, heartbeat_at, totals_of)
       select lane, status, stage, options, now(), now(), now(), totals_of from audit where id = 2`,
    );
    await db.query(
      'insert into audit_source (audit_id, source_id, running) select 3, source_id, false from audit_source where audit_id = 2',
    );
    expect(await auditOf()).toBe(3);
    await db.query('delete from audit where id = 3');
    expect(await auditOf()).toBe(2);
  });

  test('the page of an audit that was stopped says so, as status does', async () => {
    const [{ id } = { id: 0 }] = await db.query<{ id: number }>(
      `insert into audit (lane, status, stage, options, started_at, heartbeat_at, runner)
       select lane, 'running', 'assess', options, now(), now(), 'none' from audit where id = 2 returning id`,
    );
    const page = await textOf(`/audits/${id}`);
    await db.query('delete from audit where id = $1', [id]);
    expect(page).toContain('<dt>Status</dt><dd>stopped, stage assess, 0 tasks to do; last seen alive ');
  });

  test('the database searches, filters, sorts and pages', async () => {
    const imagesOf = (query: string) =>
      rowsOf<{ repository: string; tag: string; team: string; compressed_bytes: number }>(`images?${query}`);
    expect((await imagesOf('q=APP-3')).every(({ repository }) => repository === 'payments/app-3')).toBe(true);
    expect(new Set((await imagesOf('team=search')).map(({ team }) => team))).toEqual(new Set(['search']));
    const all = await imagesOf('sort=-compressed_bytes');
    const sizes = all.map(({ compressed_bytes }) => compressed_bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(await imagesOf('sort=-compressed_bytes&limit=3&offset=2')).toEqual(all.slice(2, 5));
  });

  test('the search form keeps a filter that selects images, where rows are none', async () => {
    const fieldsOf = async (address: string) =>
      [...(await textOf(address)).matchAll(/<input name="(\w+)" value="([^"]*)"/g)].map(([, ...field]) => field);
    expect(await fieldsOf('/repositories')).not.toContainEqual(['tag', '']);
    expect(await fieldsOf('/repositories?tag=v9')).toContainEqual(['tag', 'v9']);
    expect((await fieldsOf('/leaderboard?since=30d')).filter(([name]) => name === 'since')).toEqual([['since', '30d']]);
  });

  test('an image page shows layers, proof and tags', async () => {
    const [row] = await rowsOf<{ digest: string; compressed_bytes: number }>('images?repository=payments/app-0&tag=v9');
    const detail = (await json(`/api/v1/images/${row?.digest}`)) as {
      layers: { bytes: number }[];
      places: { registry: string; repository: string; tag: string }[];
    };
    expect(detail.layers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(row?.compressed_bytes);
    expect(detail.places).toMatchObject([{ repository: 'payments/app-0', tag: 'v9' }]);
    const page = await textOf(`/images/${encodeURIComponent(row?.digest ?? '')}`);
    const repository = `${detail.places[0]?.registry}/payments/app-0`;
    const lead = /<p class="lead">(.*?)<\/p>/.exec(page)?.[1] ?? '';
    expect([...lead.matchAll(/>([^<]+)<\/a>/g)].map(([, name]) => name)).toEqual([repository, 'payments']);
  });

  test.each(['/teams/payments', '/repository?name=payments/app-0'])('%s links to its largest image', async (path) => {
    const [, digest = '', name = ''] =
      /<dt>Largest image.*?<a href="\/images\/([^"]+)">([^<]+)</.exec(await textOf(path)) ?? [];
    const detail = (await json(`/api/v1/images/${digest}`)) as ImageDetail;
    expect(detail.places.map(({ repository, tag }) => `${repository}:${tag}`)).toContain(name);
  });

  test('an image page tells the command that says how to make it smaller', async () => {
    const stored = await anImage();
    const command = `slimboard advise ${stored.places[0]?.registry}/payments/app-0:v9 --platform linux/amd64`;
    expect(String(imagePage(stored, '2026-11-01').body)).not.toContain(command);
    const plan = [{ technique: 'multi-stage', gain: 7, after: { min: 1, max: 2 }, basis: 'estimate' }] as const;
    expect(String(imagePage({ ...stored, plan: [...plan] }, '2026-11-01').body)).toContain(command);
  });

  test('an image page tells support that has ended from support that goes on', async () => {
    const alpine = { ...(await anImage()), distro: 'alpine', distro_version: '3.20', distro_eol: '2026-04-01' };
    const pageOn = (today: string) => String(imagePage(alpine, today).body);
    expect(pageOn('2026-04-01')).toContain('alpine 3.20, supported until 2026-04-01');
    expect(pageOn('2026-04-02')).toContain('alpine 3.20, support ended 2026-04-01');
  });

  test('the page of a team writes large numbers like every page', async () => {
    const add = (images: number) =>
      db.query(`update team_total set images = images + $1 where team = 'payments'`, [images]);
    await add(10_000);
    try {
      expect(await textOf('/teams/payments')).toMatch(/<dt>Images<\/dt><dd>10,0\d\d</);
    } finally {
      await add(-10_000);
    }
  });

  test('the page of a repository tells the audit that its figures are of', async () => {
    expect(await textOf('/repository?name=payments/app-0')).toMatch(/<p class="lead">.*<br>Audit \d+ of /);
  });

  test('a table on one page tells how many rows it has, and one of several which it shows', async () => {
    const pagesOf = async (query: string) =>
      /<div class="pages"><span>([^<]+)</.exec(await textOf(`/images?${query}`))?.[1];
    expect(await pagesOf('repository=payments/app-0&tag=v9')).toBe('1 row');
    expect(await pagesOf('repository=payments/app-0&limit=2&offset=2')).toMatch(/^3 to 4 of \d rows$/);
  });

  test('from behind the last page, Back leads to it', async () => {
    const behind = await textOf('/images?limit=2&offset=5000');
    const back = /href="([^"]+)" rel="prev"/.exec(behind)?.[1] ?? '';
    const last = await textOf(back.replaceAll('&amp;', '&'));
    expect(last.match(/<tr>/g)).toHaveLength(3);
    expect(last).not.toContain('rel="next"');
  });

  test('two images are compared by their layers', async () => {
    const diff = (await json('/api/v1/compare?old=payments/app-0:v0&new=payments/app-0:v9')) as {
      old_bytes: number;
      new_bytes: number;
      changed_bytes: number;
      layers: { change: string }[];
    };
    expect(diff.changed_bytes).toBe(diff.new_bytes - diff.old_bytes);
    expect(diff.layers.map(({ change }) => change)).toEqual(['kept', 'kept', 'gone', 'new']);
    const page = await textOf('/compare?old=payments/app-0:v0&new=payments/app-0:v9');
    expect(page).toContain('<title>payments/app-0:v0 → payments/app-0:v9 · slimboard</title>');
    expect(page).toMatch(/<dt>Change<\/dt><dd>\+\d+ B<\/dd><dd class="note">\+\d+\.\d %</);
  });

  test('if one of two images is not there, the page says so above a form with both names', async () => {
    const answer = await get('/compare?old=payments/app-0:gone&new=payments/app-0:v9');
    const page = await answer.text();
    expect(answer.status).toBe(404);
    expect(page).toContain('tag &quot;payments/app-0:gone&quot; not found');
    for (const name of ['payments/app-0:gone', 'payments/app-0:v9']) expect(page).toContain(`value="${name}"`);
  });

  test('every table can be downloaded as CSV, in which no cell is a formula', async () => {
    for (const name of Object.keys(KINDS)) {
      const answer = await get(`/api/v1/reports/${name}?format=csv`);
      expect(answer.headers.get('content-type')).toContain('text/csv');
      const rows = parse(await answer.text()) as string[][];
      expect(rows[0]).toEqual(KINDS[name as keyof typeof KINDS].columns.map((column) => column.name));
    }
    const text = await textOf('/api/v1/reports/layers?format=csv&repository=hostile/**');
    const instructions = (parse(text, { columns: true }) as { instruction: string }[]).map((row) => row.instruction);
    expect(instructions.find((instruction) => instruction.includes('HYPERLINK'))).toMatch(/^(?:'=|RUN )/);
  });

  test.each(['csv', 'json', 'ndjson', 'markdown'])(
    'a HEAD request for a report as %s holds no connection',
    async (format) => {
      // As many as the pool has; the embedded database has one.
      for (let at = 0; at < 10; at++) {
        const { status } = await app.request(`/api/v1/reports/images?format=${format}`, { ...LOCAL, method: 'HEAD' });
        expect(status).toBe(200);
        expect((await get('/readyz')).status).toBe(200);
      }
    },
  );

  test('a trend has only audits with the same coverage, and growth names the build and its step', async () => {
    const { trends, growth } = (await json('/api/v1/overview')) as {
      trends: { points: { stored_bytes: number }[] }[];
      growth: { name: string; change_bytes: number; build: { tag: string; change_bytes: number } | null }[];
    };
    expect(trends.map(({ points }) => points.length)).toEqual([2]);
    const [before, after] = trends[0]?.points ?? [];
    expect(growth.map(({ name }) => name)).toEqual(['payments/app-0']);
    expect(growth[0]?.change_bytes).toBe((after?.stored_bytes ?? 0) - (before?.stored_bytes ?? 0));
    expect(growth[0]?.build).toMatchObject({ tag: 'v9' });
    for (const path of ['/teams/payments', '/repository?name=payments/app-0'])
      expect(await textOf(path)).toContain('class="trend"');
  });

  test('the steps that would save most list each repository once per technique', async () => {
    const { steps, techniques } = (await json('/api/v1/overview')) as {
      steps: { repository: string; technique: string; images: number; gain_bytes: number }[];
      techniques: { technique?: string }[];
    };
    const keys = steps.map(({ repository, technique }) => `${repository} ${technique}`);
    expect(new Set(keys).size).toBe(keys.length);
    const rows = await rowsOf<{ repository: string; technique: string; digest: string; gain_bytes: number }>('advice');
    for (const { repository, technique, images, gain_bytes } of steps) {
      const same = rows.filter((row) => row.repository === repository && row.technique === technique);
      expect(images).toBe(new Set(same.map(({ digest }) => digest)).size);
      expect(gain_bytes).toBe(Math.max(...same.map((row) => row.gain_bytes)));
    }
    expect(techniques.every((row) => typeof row.technique === 'string')).toBe(true);
  });

  test.each(GROUPINGS)('a leaderboard by %s is a page and a CSV, with movement since a date', async (by) => {
    for (const metric of METRICS) {
      const page = await get(`/leaderboard?by=${by}&metric=${metric}`);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain(`/api/v1/leaderboard?by=${by}&amp;metric=${metric}&amp;format=csv`);
    }
    const since = hasHistory(by) ? '&since=30d' : '';
    const csv = await textOf(`/api/v1/leaderboard?by=${by}${since}&format=csv`);
    expect((parse(csv) as string[][])[0]?.[1]).toBe(by);
  });

  test('a leaderboard without the figures that it ranks by says why', async () => {
    const lacking = 'No figures: growth and progress are known of teams and repositories only.';
    expect(await textOf('/leaderboard?by=base&metric=growth')).toContain(lacking);
    expect(await textOf('/leaderboard?by=base&metric=stored')).not.toContain('No figures');
    // The last page may hold none but rows without them.
    expect(await textOf('/leaderboard?by=base&metric=growth&offset=1')).not.toContain('No figures');
  });

  test('the API description has the columns of all groupings as sort keys of leaderboards', async () => {
    const { paths } = (await json('/api/v1/openapi.json')) as {
      paths: Record<string, { get: { parameters: { name: string; schema: { enum?: string[] } }[] } }>;
    };
    const parameters = paths['/leaderboard']?.get.parameters ?? [];
    const sorts = parameters.find(({ name }) => name === 'sort')?.schema.enum ?? [];
    expect(new Set(sorts).size).toBe(sorts.length);
    for (const by of GROUPINGS) {
      expect(sorts).toEqual(expect.arrayContaining([by, `-${by}`]));
      expect((await get(`/api/v1/leaderboard?by=${by}&sort=-${by}`)).status).toBe(200);
    }
  });

  test.each([
    ['/api/v1/reports/images?min_size=big', 'min_size: '],
    ['/api/v1/leaderboard?since=once', 'since: '],
    [
      '/api/v1/leaderboard?by=base&since=30d',
      'since: only teams and repositories are compared, by base has no history',
    ],
    ['/images?since=once', 'since: '],
  ])('the error of %s names fields of the address, not flags', async (path, message) => {
    const text = await (await get(path)).text();
    expect(text).toContain(message);
    expect(text).not.toMatch(/--(?:since|min-size|repository|source)/);
  });

  test('invalid parameters of a leaderboard get a 400; for an unknown metric it names the known ones', async () => {
    const answer = await get('/api/v1/leaderboard?metric=beauty');
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: { message: string } }).error.message).toContain('stored, own');
    expect((await get('/leaderboard?since=once')).status).toBe(400);
  });

  test('a page without rows says why', async () => {
    expect(await textOf('/errors')).toContain('No errors');
    for (const selection of ['q=nothing', 'repository=nothing', 'offset=5'])
      expect(await textOf(`/errors?${selection}`)).toContain('No rows match: <a href="/errors">show all</a>.');
    expect(await textOf('/errors?sort=tag&limit=5')).toContain('No errors');
  });

  test.each([
    ['/repositories', 'descending', 'Stored'],
    ['/teams', 'ascending', 'Rank'],
    ['/images', 'descending', 'Pull size'],
    ['/images?sort=tag', 'ascending', 'Tag'],
  ])('%s marks the column that its rows are sorted by', async (path, direction, title) => {
    const sorted = [...(await textOf(path)).matchAll(/aria-sort="(\w+)"[^>]*><a[^>]*>(.*?)<\/a>/g)];
    expect(sorted.map(([, ...parts]) => parts)).toEqual([[direction, title]]);
  });

  test('a leaderboard sorted by names can be changed to another grouping', async () => {
    const page = await get('/leaderboard?by=repository&metric=stored&sort=-team');
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain('sort=-team');
    expect(await textOf('/leaderboard?by=repository&sort=-repository')).toContain('aria-sort="descending"');
    expect((await get('/leaderboard?by=team&sort=source')).status).toBe(200);
  });

  test('in the map, images add up to their repository, and repositories to the registry', async () => {
    const { map } = (await json('/api/v1/overview')) as {
      map: { repositories: { repository: string; stored_bytes: number; images: { added_bytes: number }[] }[] };
    };
    const rows = await rowsOf<{ repository: string; stored_bytes: number }>('repositories');
    const stored = new Map(rows.map((row) => [row.repository, row.stored_bytes]));
    expect(map.repositories.map(({ repository }) => repository).toSorted()).toEqual([...stored.keys()].toSorted());
    for (const { repository, stored_bytes, images } of map.repositories) {
      expect(stored_bytes).toBe(stored.get(repository));
      expect(images.reduce((sum, { added_bytes }) => sum + added_bytes, 0)).toBeLessThanOrEqual(stored_bytes);
      expect(images.every(({ added_bytes }) => added_bytes >= 0)).toBe(true);
    }
  });

  test('the sums stored at the end of the audit equal those of the reports', async () => {
    const overview = (await json('/api/v1/overview')) as {
      bases: { name: string; tags: number }[];
      rules: { rule: string; images: number }[];
      layers: { digest: string; bytes: number; images: number }[];
      steps: { gain_bytes: number }[];
    };
    const bases = await rowsOf<{ base_image: string | null; tags: number }>('bases');
    const tags = (name: string) =>
      bases.filter((row) => (row.base_image ?? 'not known') === name).reduce((sum, row) => sum + row.tags, 0);
    for (const base of overview.bases) expect(base.tags).toBe(tags(base.name));
    const findings = await rowsOf<{ rule: string; tag: string; digest: string }>('findings');
    for (const { rule, images } of overview.rules)
      expect(images).toBe(
        new Set(findings.filter((row) => row.rule === rule && row.tag).map((row) => row.digest)).size,
      );
    const layers = await rowsOf<{ digest: string; bytes: number; images: number }>('layers?limit=15');
    expect(overview.layers.map(({ bytes }) => bytes)).toEqual(layers.map(({ bytes }) => bytes));
    const advice = await rowsOf<{ gain_bytes: number }>('advice?limit=15');
    expect(overview.steps[0]?.gain_bytes).toBe(advice[0]?.gain_bytes);
  });

  test('the API description has all routes, and their answers match it', async () => {
    const document = (await json('/api/v1/openapi.json')) as {
      openapi: string;
      paths: Record<string, { get: { operationId: string; responses: Record<string, Answer> } }>;
    };
    expect(document.openapi).toBe('3.1.0');
    const routes = app.routes
      .filter(({ method, path }) => method === 'GET' && path.startsWith('/api/v1/'))
      .map(({ path }) => path.slice('/api/v1'.length).replace(/:(\w+).*$/, '{$1}'));
    const described = Object.keys(document.paths).map((path) => path.replace(/^\/reports\/.*/, '/reports/{kind}'));
    expect(new Set(described)).toEqual(new Set(routes));
    const ids = Object.values(document.paths).map(({ get: { operationId } }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const [image] = await rowsOf<{ digest: string }>('images?limit=1&repository=payments/**');
    for (const [path, operation] of Object.entries(document.paths)) {
      const query = path === '/compare' ? '?old=payments/app-0:v0&new=payments/app-0:v9' : '';
      const address = path.replace('{digest}', image?.digest ?? '').replace('{id}', '1');
      const schema = operation.get.responses['200']?.content['application/json']?.schema ?? false;
      const isRight = new Ajv({ strict: false, validateFormats: false }).compile(schema);
      expect(isRight(await json(`/api/v1${address}${query}`)), `${path}: ${JSON.stringify(isRight.errors)}`).toBe(true);
    }
  });

  test.each([
    ['/api/v1/reports/nothing', 404],
    ['/api/v1/reports/constructor', 404],
    ['/api/v1/reports/images?sort=digest;drop', 400],
    ['/api/v1/reports/images?limit=-1', 400],
    ['/api/v1/reports/images?limit=0', 400],
    ['/api/v1/reports/images?unknown=1', 400],
    ['/api/v1/images/sha256:abc', 400],
    [`/api/v1/images/sha256:${'0'.repeat(64)}`, 404],
    ['/api/v1/audits/999', 404],
    ['/api/v1/compare?old=x', 400],
    ['/images/%2e%2e%2fpasswd', 400],
    ['/assets/..%2f..%2fpackage.json', 404],
    ['/assets/page.css', 404],
    ['/teams/nobody', 404],
    ['/repository?name=nothing', 404],
  ])('%s is answered with %i and a sentence', async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toMatch(/\bat .*\.ts|select |node_modules/);
  });

  test('an HTML report is one file that loads nothing else', async () => {
    const report = await openReport(db, KINDS.images, { now: new Date() });
    const options = { now: new Date(), prices: PRICES };
    const file = await htmlReport(db, report, options);
    expect(file).toContain("default-src 'none'");
    expect(file).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(file).not.toContain('<script>window');
    for (const heading of ['Teams by stored bytes', 'Where the bytes are', 'Findings', 'What would save most'])
      expect(file).toContain(`<h2>${heading}</h2>`);
    expect(file).toContain('<a href="#rows">Images</a>');
    expect(file).toContain('id="rows"><div class="title"><h2>Images</h2>');
  });

  test('an HTML report of a selection says what was selected, and has no totals of everything', async () => {
    const filters = { team: 'payments', minSize: '1kB' };
    const report = await openReport(db, KINDS.images, { now: new Date(), filters });
    const options = { now: new Date(), prices: PRICES, filters };
    const file = await htmlReport(db, report, options);
    expect(file).toContain('Only team payments. Only at least 1kB.');
    expect(file).not.toContain('Teams by stored bytes');
    expect(file).toContain('<h1>Images</h1>');
    expect(file).not.toContain('<h2>Images</h2>');
  });

  test('an HTML report has the first two thousand rows, and says so if there are more', async () => {
    const fileOf = async (rows: number) => {
      const numbers: ReportKind = {
        name: 'numbers',
        description: 'Numbers.',
        columns: [{ name: 'number', type: 'integer', description: 'The number.' }],
        filters: {},
        query: () => `select n as number from generate_series(1, ${rows}) n`,
      };
      const options = { now: new Date(), prices: PRICES, filters: { team: 'payments' } };
      return htmlReport(db, await openReport(db, numbers, { now: new Date() }), options);
    };
    expect(await fileOf(2_000)).not.toContain('The first 2,000 rows');
    const cut = await fileOf(2_001);
    expect(cut).toContain('The first 2,000 rows; the CSV format has all of them.');
    expect(cut).toContain('>2,000<');
    expect(cut).not.toContain('>2,001<');
  });

  test('an HTML report without rows says what that means', async () => {
    const fileOf = async (filters: ReportFilters = {}) => {
      const report = await openReport(db, KINDS.errors, { now: new Date(), filters });
      return htmlReport(db, report, { now: new Date(), prices: PRICES, filters });
    };
    expect(await fileOf()).toContain('No errors: everything that the registries list was read.');
    expect(await fileOf({ team: 'payments' })).toContain('No rows match.');
  });

  test('a hostile image has a page of its own', async () => {
    const [image] = await rowsOf<{ digest: string }>('images?repository=hostile/app');
    const page = await textOf(`/images/${encodeURIComponent(image?.digest ?? '')}`);
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain(HOSTILE.long);
  });
});
