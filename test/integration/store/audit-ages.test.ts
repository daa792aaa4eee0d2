import { describe, expect, test } from 'vitest';
import { readAuditAges } from '../../../src/store/queued-audit-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

describe.each(BACKENDS)('the ages of audits on $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('are those of the last audits that did not fail, from their start; a source without one is named, too', async () => {
    const inventory = new Inventory(db);
    const [prod, mirror] = [await inventory.source('prod'), await inventory.source('mirror')];
    await inventory.source('added');
    const end = async (source: number, hoursAgo: number, status: string): Promise<number> => {
      const id = await inventory.audit(source, new Date().toISOString(), { status });
      await db.query(
        `update audit set started_at = now() - $2 * interval '1 hour', finished_at = now() - ($2 - 0.5) * interval '1 hour' where id = $1`,
        [id, hoursAgo],
      );
      return id;
    };
    await end(mirror, 50, 'incomplete');
    await end(prod, 30, 'finished');
    await end(prod, 6, 'finished');
    await end(prod, 4, 'failed');
    const running = await end(prod, 2, 'failed');
    await db.query("update audit set status = 'running', finished_at = null where id = $1", [running]);
    await db.query('update audit_source set running = true where audit_id = $1', [running]);
    const hours = (seconds: number | null) => seconds && Math.round(seconds / 360) / 10;
    const ages = (await readAuditAges(db)).map((age) => [
      age.source,
      hours(age.ageSeconds),
      hours(age.durationSeconds),
      age.running,
    ]);
    expect(ages).toEqual([
      ['added', null, null, false],
      ['mirror', 50, 0.5, false],
      ['prod', 6, 0.5, true],
    ]);
  });
});
