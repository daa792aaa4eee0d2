import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { BACKENDS, emptyTables, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

/** What happens in a repository, or an audit. */
type Step =
  | { readonly kind: 'push'; readonly repository: number; readonly bytes: number }
  | { readonly kind: 'untag' | 'delete'; readonly repository: number }
  | { readonly kind: 'audit'; readonly status: string; readonly newest: number };

const repository = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), repository, bytes: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: fc.constantFrom('untag' as const, 'delete' as const), repository }),
  fc.record({
    kind: fc.constant('audit' as const),
    status: fc.constantFrom('finished', 'finished', 'incomplete'),
    newest: fc.constantFrom(1, 2),
  }),
);

describe.each(BACKENDS)('trends over any history, from $name', ({ open }) => {
  const db = useDatabase(open);

  /** A registry that keeps nothing in common between repositories: their sizes add up to the source's. */
  async function live(steps: readonly Step[]): Promise<void> {
    await emptyTables(db);
    const inventory = new Inventory(db);
    const source = await inventory.source('lab', 'repository');
    const repositories = new Map<number, number>();
    for (const [hour, happened] of steps.entries()) {
      const at = new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
      if (happened.kind === 'audit') {
        const options = { sources: [{ name: 'lab', newest: happened.newest, concurrency: hour + 1 }] };
        await inventory.audit(source, at, { ...(happened.status && { status: happened.status }), options });
        continue;
      }
      const { kind, repository: number } = happened;
      const id = repositories.get(number) ?? (await inventory.repository(source, `app${number}`, 'shop', at));
      repositories.set(number, id);
      await db.query('update repository set ended_at = $2 where id = $1', [id, kind === 'delete' ? at : null]);
      if (kind === 'push') {
        const layers = [[`layer ${hour}`, happened.bytes]] as const;
        await inventory.tag(id, `${hour}`, await inventory.image({ name: `${hour}`, layers }), at);
      } else await db.query('update tag set ended_at = $2 where repository_id = $1 and ended_at is null', [id, at]);
    }
  }

  test('a repository that changed several times since the audit that it is compared with has one row', async () => {
    const push = (bytes: number) => ({ kind: 'push', repository: 0, bytes }) as const;
    const audit = (newest: number) => ({ kind: 'audit', status: 'finished', newest }) as const;
    await live([push(10), audit(1), push(20), audit(2), push(30), audit(1)]);
    const rows = (await readRecords(db, KINDS.trends)).filter(
      (row) => row.scope === 'repository' && row.audit_id === 3,
    );
    // With the configs of one byte.
    expect(rows.map((row) => row.change_bytes)).toEqual([20 + 1 + 30 + 1]);
  });

  test('a team that is new has grown by all that it stores', async () => {
    await emptyTables(db);
    const inventory = new Inventory(db);
    const source = await inventory.source('lab', 'repository');
    for (const [day, team] of ['old', 'new'].entries()) {
      const at = `2026-01-0${day + 1}T00:00:00Z`;
      const id = await inventory.repository(source, team, team, at);
      await inventory.tag(id, '1', await inventory.image({ name: team, layers: [[team, 10]] }), at);
      await inventory.audit(source, at);
    }
    const rows = (await readRecords(db, KINDS.trends)).filter((row) => row.scope === 'team');
    expect(rows.map((row) => [row.audit_id, row.name, row.change_bytes])).toEqual([
      [2, 'new', 11],
      [2, 'old', 0],
      [1, 'old', null],
    ]);
  });

  test('a team that stored nothing before has grown by no percentage', async () => {
    await emptyTables(db);
    const inventory = new Inventory(db);
    const source = await inventory.source('lab', 'repository');
    const at = '2026-01-01T00:00:00Z';
    const id = await inventory.repository(source, 'app', 'shop', at);
    await inventory.audit(source, at);
    await inventory.tag(id, '1', await inventory.image({ name: 'app', layers: [['app', 10]] }), at);
    await inventory.audit(source, at);
    expect(await readRecords(db, KINDS.teams)).toMatchObject([{ growth_bytes: 11, growth_percent: null }]);
  });

  test('the growth of repositories adds up to that of their source, and is what their report says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        await live(steps);
        const trends = await readRecords(db, KINDS.trends);
        const sources = trends.filter(({ scope }) => scope === 'source');
        for (const { audit_id: audit, change_bytes: change } of sources) {
          const ofAudit = trends.filter((row) => row.scope === 'repository' && row.audit_id === audit);
          if (change === null) expect(ofAudit.filter((row) => row.change_bytes !== null)).toEqual([]);
          else expect(ofAudit.reduce((sum, row) => sum + Number(row.change_bytes), 0)).toBe(change);
          const grown = new Map(ofAudit.map((row) => [row.name, row]));
          for (const row of await readRecords(db, KINDS.repositories, { audit: Number(audit) })) {
            const trend = grown.get(row.repository);
            if (change !== null) expect(trend?.change_bytes ?? 0).toBe(row.growth_bytes ?? 0);
            if (trend) expect(trend.stored_bytes).toBe(row.stored_bytes);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});
