import { expect, test } from 'vitest';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { PGLITE } from '../../support/databases.ts';
import { type BuiltImage, image } from '../../support/image-builder.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';

const TEAMS = ['library', 'payments', 'search'].map((name) => ({ name, repositories: [`${name}/**`] }));

function sizesOf(built: BuiltImage): { readonly layers: readonly number[]; readonly config: number } {
  return { layers: built.layers.map(({ body }) => body.length), config: built.config.body.length };
}

test('teams are ranked by figures that a person can add up', async () => {
  const registry = closedAfterTest(await startRegistry());
  const db = closedAfterTest(await PGLITE.open());
  const base = image({ layers: ['debian'.repeat(90)] });
  const cart = image({ layers: ['debian'.repeat(90), 'the cart '.repeat(70)] });
  const ranking = image({ layers: ['debian'.repeat(90), 'ranking of everything '.repeat(80), 'models'] });
  registry.push('library/debian', '12', base);
  registry.push('payments/cart', '1', cart);
  registry.push('payments/cart', 'latest', cart);
  registry.push('search/ranking', '1', ranking);
  await auditRegistry(db, registry, { teams: TEAMS });

  const found = await readRecords(db, KINDS.teams);

  // The layer of the base is held by three teams: a third each, and the bytes that do not divide to the first by name.
  const [shared = 0] = sizesOf(base).layers;
  const third = Math.floor(shared / 3);
  const rest = shared % 3;
  const [, cartLayer = 0] = sizesOf(cart).layers;
  const [, rankingLayer = 0, models = 0] = sizesOf(ranking).layers;
  const library = { stored: third + (rest > 0 ? 1 : 0) + sizesOf(base).config, logical: shared };
  const payments = {
    stored: third + (rest > 1 ? 1 : 0) + cartLayer + sizesOf(cart).config,
    logical: 2 * (shared + cartLayer),
  };
  const search = {
    stored: third + rankingLayer + models + sizesOf(ranking).config,
    logical: shared + rankingLayer + models,
  };
  const expected = Object.entries({ library, payments, search })
    .sort(([, a], [, b]) => b.stored - a.stored)
    .map(([team, { stored, logical }], at) => ({ rank: at + 1, team, stored_bytes: stored, logical_bytes: logical }));

  expect(
    found.map(({ rank, team, stored_bytes, logical_bytes }) => ({ rank, team, stored_bytes, logical_bytes })),
  ).toEqual(expected);
  expect(found.find(({ team }) => team === 'payments')).toMatchObject({
    tags: 2,
    images: 1,
    exclusive_bytes: cartLayer + sizesOf(cart).config,
  });
});
