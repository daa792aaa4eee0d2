import { expect, test } from 'vitest';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { PGLITE, useDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { body } from '../../support/registry-faults.ts';
import { type Fault, startRegistry } from '../../support/registry-server.ts';

const PAGE = 1_000;
const app = image({ layers: ['app'] });

const db = useDatabase(PGLITE.open);

/** Lists so many tags, page by page. */
function listing(tags: () => number, inHand: { now: number; most: number }): Fault {
  return (request, response) => {
    inHand.now += 1;
    inHand.most = Math.max(inHand.most, inHand.now);
    response.on('close', () => {
      inHand.now -= 1;
    });
    const from = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('from') ?? 0);
    const names = Array.from({ length: Math.min(PAGE, tags() - from) }, (_, at) => `v${from + at}`);
    const next = from + PAGE < tags() ? { link: `</v2/team/app/tags/list?from=${from + PAGE}>; rel="next"` } : {};
    response.writeHead(200, { 'content-type': 'application/json', ...next });
    response.end(JSON.stringify({ name: 'team/app', tags: names }));
  };
}

test('a repository of 100,000 tags is listed completely, and tags missing in the next audit are ended', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.push('team/app', 'v0', app);
  const inHand = { now: 0, most: 0 };
  let tags = 100_000;
  registry.fault(
    { path: /team\/app\/tags\/list/ },
    listing(() => tags, inHand),
  );
  registry.fault({ path: /team\/app\/manifests\/v/ }, body(app.body, { 'content-type': app.mediaType }));
  const source = { newest: 20 };
  expect(await auditRegistry(db, registry, { source })).toMatchObject({
    status: 'finished',
    tagsListed: 100_000,
    tagsAudited: 20,
  });
  expect(registry.count({ path: /tags\/list/ })).toBe(100);
  expect(inHand.most).toBe(1);
  tags = 5;
  expect(await auditRegistry(db, registry, { source })).toMatchObject({ status: 'finished', tagsListed: 5 });
  const [open] = await db.query('select count(*)::int as tags from tag where ended_at is null');
  expect(open).toEqual({ tags: 5 });
});
