import type { Queryable } from '../database/database.ts';

/** Reads the keys of the deliveries of an audit that were made. */
export async function readDeliveredKeys(db: Queryable, auditId: number): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ key: string }>('select key from delivery where audit_id = $1', [auditId]);
  return new Set(rows.map(({ key }) => key));
}

/**
 * Records a delivery as made; recording it again changes nothing.
 * @param key names what was delivered, and where
 * @param now ISO 8601
 */
export async function recordDelivery(db: Queryable, auditId: number, key: string, now: string): Promise<void> {
  await db.query('insert into delivery (audit_id, key, delivered_at) values ($1, $2, $3) on conflict do nothing', [
    auditId,
    key,
    now,
  ]);
}
