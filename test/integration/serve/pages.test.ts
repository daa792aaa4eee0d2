import { describe, expect, test } from 'vitest';
import type { RegistryHost } from '../../../src/oci/reference.ts';
import { ruleTitle } from '../../../src/policy/rule-registry.ts';
import { recordErrors } from '../../../src/store/error-store.ts';
import { pageText, visit } from '../../support/dashboard.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';
/** By how much a build grew, which leads to the comparison with the one before. */
const CHANGE = /href="\/compare[^>]*>(\+\d+ B)</g;

describe.each(BACKENDS)('pages over $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const shown = async (path: string) => (await pageText(db, path)).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

  test('an audit tells what it covered; of its own errors it lists two hundred, and leads to all', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const [audit, other] = [await inventory.audit(source, AT), await inventory.audit(source, AT)];
    await db.query(
      `update audit set tags_listed = 9, tags_audited = 4, tags_skipped = 3, tags_failed = 2, requests = 1000, throttled = 50
       where id = $1`,
      [audit],
    );
    const page = await shown(`/audits/${audit}`);
    expect(page).toContain(
      'Tags listed 9 Tags audited 4 Tags skipped by settings, or not of images 3 Tags failed 2 ' +
        'Requests 1,000, 50 of them throttled by the registry',
    );
    expect(page).toMatch(/Ended 2026-11-24/);
    expect(page).toContain('No errors: everything that the registries list was read.');
    const failed = (count: number) =>
      Array.from({ length: count }, (_, tag) => {
        const item = { sourceId: source, registry: 'r.example.com' as RegistryHost, repository: 'app', tag: `t${tag}` };
        return { ...item, digest: '' as const, code: 'not-found', message: 'gone', retry: 'never' } as const;
      });
    await recordErrors(db, other, failed(200), AT);
    expect(await shown(`/audits/${audit}`)).toContain('No errors');
    expect(await shown(`/audits/${other}`)).not.toContain('The first 200');
    await recordErrors(db, other, failed(201).slice(200), AT);
    expect(await shown(`/audits/${other}`)).toContain('The first 200 of 201: show all .');
    expect(await pageText(db, `/audits/${other}`)).toContain(`<a href="/errors?audit=${other}">show all</a>`);
    await db.query("update audit set status = 'running', finished_at = null where id = $1", [audit]);
    expect(await shown(`/audits/${audit}`)).toMatch(/Ended not yet .*No errors so far\./);
  });

  test('a report keeps what was chosen: in its form, in the CSV and when it is sorted', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    for (const [tag, bytes] of [
      ['small', 1],
      ['large', 9],
    ] as const)
      await inventory.tag(repository, tag, await inventory.image({ name: tag, layers: [[tag, bytes]] }), AT);
    const audit = await inventory.audit(source, AT);
    const page = await pageText(db, `/images?sort=tag&team=shop&q=&audit=${audit}&limit=1&offset=1`);
    expect(page).toContain('<input type="hidden" name="sort" value="tag">');
    expect(page).toContain(`<input type="hidden" name="audit" value="${audit}">`);
    expect(page).toContain(
      `href="/api/v1/reports/images?sort=tag&amp;team=shop&amp;audit=${audit}&amp;format=csv" download`,
    );
    expect(page).toContain('<details open>');
    const sorts = [...page.matchAll(/<th[^>]*>\s*<a href="([^"]*)"/g)].map(([, href = '']) => href);
    expect(sorts.length).toBeGreaterThan(0);
    for (const href of sorts) expect(href).not.toContain('offset');
    const plain = await pageText(db, '/images');
    expect(plain).not.toContain('<details open>');
    expect(plain.indexOf('>large<')).toBeLessThan(plain.indexOf('>small<'));
    expect(plain).toContain('aria-sort="descending"');
  });

  test('a report tells which audits its rows are of: those of the chosen source, or the chosen one', async () => {
    const inventory = new Inventory(db);
    const audits = new Map<string, number>();
    for (const name of ['lab', 'mirror']) audits.set(name, await inventory.audit(await inventory.source(name), AT));
    expect(await shown('/images')).toContain('Newest audits of mirror, lab ·');
    expect(await shown('/images?source=lab')).toContain(`Audit ${audits.get('lab')} of lab ·`);
    expect(await shown(`/images?audit=${audits.get('mirror')}`)).toContain(`Audit ${audits.get('mirror')} of mirror ·`);
  });

  test('a leaderboard keeps its grouping in the form, and forgets a sort that it does not have', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    await inventory.tag(repository, '1', await inventory.image({ name: 'app', layers: [['app', 7]] }), AT);
    await inventory.audit(source, AT);
    const page = await pageText(db, '/leaderboard?by=distro&metric=logical&sort=team&since=30d');
    expect([...page.matchAll(/<option value="(\w+)" selected>/g)].map(([, value]) => value)).toEqual([
      'distro',
      'logical',
    ]);
    expect(page).not.toMatch(/name="(?:since|sort)"|since=/);
    expect((await visit(db, '/leaderboard?sort=nothing')).status).toBe(400);
    const repositories = await pageText(db, '/leaderboard?by=repository&sort=repository');
    expect(repositories).toContain('name="sort" value="repository"');
    expect(await pageText(db, '/leaderboard?since=30d')).toContain('name="since" value="30d"');
    expect(repositories).toContain('href="/repository?registry=registry.example.com&amp;name=shop%2Fapp"');
  });

  test('the names on leaderboards lead to what they stand for, and what is not known leads nowhere', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const assessment = { base_image: 'library/node:22', distro: 'debian', distro_version: '12' };
    const known = await inventory.image({ name: 'known', layers: [['one', 7]], assessment });
    await inventory.tag(repository, 'known', known, AT);
    await inventory.tag(repository, 'other', await inventory.image({ name: 'other', layers: [['two', 5]] }), AT);
    await inventory.audit(source, AT);
    const linked = async (by: string) => {
      const cells = (await pageText(db, `/leaderboard?by=${by}`)).matchAll(/<td>(.*?)<\/td>/g);
      return [...cells].map(([, cell]) => cell);
    };
    expect(await linked('base')).toEqual(['<a href="/base?name=library%2Fnode%3A22">library/node:22</a>', 'unknown']);
    expect(await linked('distro')).toEqual(['<a href="/images?distro=debian%3A12">debian 12</a>', 'unknown']);
  });

  test('a team shows only its own: figures, repositories, and its images, the biggest first', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    for (const [team, name, bytes] of [
      ['shop', 'shop/a-small', 10],
      ['shop', 'shop/large', 90],
      ['search', 'search/app', 500],
    ] as const) {
      const repository = await inventory.repository(source, name, team, AT);
      const layers = [['base', 5] as const, [name, bytes] as const];
      await inventory.tag(repository, '1', await inventory.image({ name, layers, configBytes: 0 }), AT);
    }
    await inventory.audit(source, AT);
    const page = await shown('/teams/shop');
    expect(page).toMatch(/Freed by removing it 100 B .*Logical 110 B .*Images 2 .*Largest image 95 B shop\/large:1 /);
    expect(page).not.toContain('search/app');
    expect(page).toMatch(/Trend .*Logical: 110 B since /);
    const images = page.slice(page.indexOf('Biggest images'));
    expect(images.indexOf('shop/large')).toBeLessThan(images.indexOf('shop/a-small'));
  });

  test('the largest image has a row of its own if its name is long, where a figure would break it into many lines', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    for (const [team, name] of [
      ['shop', 'shop/app'],
      ['search', `search/${'index-'.repeat(20)}`],
    ] as const) {
      const repository = await inventory.repository(source, name, team, AT);
      await inventory.tag(repository, '1', await inventory.image({ name, layers: [[name, 5]] }), AT);
    }
    await inventory.audit(source, AT);
    const wide = async (team: string) =>
      [...(await pageText(db, `/teams/${team}`)).matchAll(/<div class="wide"><dt>(.*?)<\/dt>/g)].map(
        ([, name]) => name,
      );
    expect(await wide('shop')).toEqual([]);
    expect(await wide('search')).toEqual(['Largest image']);
  });

  test('a team and a repository rank only images, and say of findings what all of them have in common', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const store = async (tag: string, bytes: number, ...rules: readonly string[]) => {
      const findings = rules.map((rule) => ({ rule, severity: 'warn' }));
      const id = await inventory.image({ name: tag, layers: [[tag, bytes]], assessment: {}, findings });
      await inventory.tag(repository, tag, id, AT);
      return id;
    };
    await store('small', 10, 'root-user', 'no-healthcheck');
    const large = await store('large', 20, 'root-user', 'no-healthcheck');
    for (const kind of ['artifact', 'signature', 'attestation']) {
      const id = await store(`a-${kind}`, 900);
      await db.query('update manifest set kind = $2 where id = $1', [id, kind]);
    }
    await db.query(
      "update finding set message = 'only in the large one' where manifest_id = $1 and rule = 'no-healthcheck'",
      [large],
    );
    await inventory.audit(source, AT);
    for (const address of ['/teams/shop', '/repository?name=shop/app']) {
      const page = await shown(address);
      const images = page.slice(page.indexOf('Biggest images'));
      expect(images).toMatch(/ large .* small /);
      expect(images).not.toContain('a-');
      expect(page).toContain('trips root-user');
      expect(page).toContain(ruleTitle('no-healthcheck'));
      expect(page).not.toMatch(/trips no-healthcheck|only in the large one/);
    }
  });

  test('a team tells the builds of its own that grew in the last thirty days, and a repository all of its own', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    for (const [team, name] of [
      ['shop', 'shop/app'],
      ['search', 'search/app'],
    ] as const) {
      const repository = await inventory.repository(source, name, team, AT);
      for (const [tag, bytes, day] of [
        ['1.0', 10, '2026-09-01'],
        ['1.1', 30, '2026-10-24'],
        ['1.2', 100, '2026-10-26'],
      ] as const) {
        const layers = [[`${name}:${tag}`, bytes] as const];
        const at = `${day}T02:00:00Z`;
        await inventory.tag(
          repository,
          tag,
          await inventory.image({ name: `${name}:${tag}`, layers, createdAt: at }),
          at,
        );
      }
    }
    await inventory.audit(source, AT);
    const grownOn = async (path: string) =>
      (await pageText(db, path)).split('<section').find((part) => part.includes('Builds that grew')) ?? '';
    const team = await grownOn('/teams/shop');
    expect(team).toContain('href="/regressions?team=shop&amp;since=30d"');
    expect(team).toContain('shop/app');
    expect([...team.matchAll(CHANGE)].map(([, change]) => change)).toEqual(['+70 B']);
    const repository = await grownOn('/repository?name=shop/app');
    expect([...repository.matchAll(CHANGE)].map(([, change]) => change)).toEqual(['+70 B', '+20 B']);
  });

  test.each(['/repository', '/repository?registry=registry.example.com', '/base'])(
    '%s tells what its address lacks',
    async (path) => {
      const answer = await visit(db, path);
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('the address lacks a ')]);
    },
  );

  test('a comparison with one of its images waits for the other', async () => {
    const answer = await visit(db, '/compare?old=shop/app:1.0&new=');
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('value="shop/app:1.0"')]);
    expect(await shown('/compare?old=shop/app:1.0&new=')).not.toContain('not found');
  });
});
