import type { Queryable } from './database.ts';

/** What was delivered of an audit, by keys. */
export async function readDeliveredKeys(db: Queryable, auditId: number): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ key: string }>('select key from delivery where audit_id = $1', [auditId]);
  return new Set(rows.map(({ key }) => key));
}

/** Notes that something was delivered, once. */
export async function recordDelivery(db: Queryable, auditId: number, key: string, now: string): Promise<void> {
  await db.query('insert into delivery (audit_id, key, delivered_at) values ($1, $2, $3) on conflict do nothing', [
    auditId,
    key,
    now,
  ]);
}
