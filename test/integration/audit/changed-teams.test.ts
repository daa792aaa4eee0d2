import { beforeEach, describe, expect, test } from 'vitest';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import type { TeamSettings } from '../../../src/settings/settings.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { readRecords } from '../../support/report-records.ts';
import { useRegistry } from '../../support/use-registry.ts';

describe.each(BACKENDS)('an audit after only the teams have changed, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    registry.push('shop/cart', '1', image({ layers: ['cart'] }));
  });

  test('reports the stored bytes of the new team', async () => {
    const audit = (name: string) => auditRegistry(db, registry, { teams: [{ name, repositories: ['shop/**'] }] });
    const stored = async () => (await readRecords(db, KINDS.teams)).map((row) => [row.team, row.stored_bytes]);
    await audit('before');
    const [[, bytes] = []] = await stored();
    expect(bytes).toBeGreaterThan(0);
    await audit('after');
    expect(await stored()).toEqual([['after', bytes]]);
  });

  test('tells how the owner is known, also where a label names the team that a pattern had named', async () => {
    registry.push('shop/cart', '1', image({ layers: ['cart'], config: { Labels: { team: 'shop' } } }));
    const ownerWith = async (teams: readonly TeamSettings[]) => {
      await auditRegistry(db, registry, { teams });
      return (await readRecords(db, KINDS.repositories)).map((row) => [row.team, row.team_origin]);
    };
    expect(await ownerWith([{ name: 'shop', repositories: ['shop/**'] }])).toEqual([['shop', 'pattern']]);
    expect(await ownerWith([])).toEqual([['shop', 'label']]);
  });
});
