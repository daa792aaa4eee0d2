import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';

describe.each(BACKENDS)('an audit after only the teams have changed, in $name', ({ open }) => {
  let db: Database;
  let registry: RegistryServer;
  useEmptyDatabase(open, (opened) => {
    db = opened;
  });
  beforeEach(async () => {
    registry = await startRegistry();
    registry.push('shop/cart', '1', image({ layers: ['cart'] }));
  });
  afterEach(() => registry.close());

  test('reports the stored bytes of the new team', async () => {
    const audit = (name: string) => auditRegistry(db, registry, { teams: [{ name, repositories: ['shop/**'] }] });
    const stored = async () => (await readRecords(db, KINDS.teams)).map((row) => [row.team, row.stored_bytes]);
    await audit('before');
    const [[, bytes] = []] = await stored();
    expect(bytes).toBeGreaterThan(0);
    await audit('after');
    expect(await stored()).toEqual([['after', bytes]]);
  });
});
