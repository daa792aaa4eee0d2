import type { Queryable } from '../database/database.ts';
import { readAuditAges } from '../store/queued-audit-store.ts';
import type { AuditGauge } from './metrics.ts';

/** Reads the age, duration and state of each source's last audits. */
export async function auditGauges(db: Queryable): Promise<readonly AuditGauge[]> {
  const ages = await readAuditAges(db);
  return ages.map(({ source, startedAt, durationSeconds, running }) => ({
    source,
    running,
    ageSeconds: startedAt === null ? undefined : (Date.now() - Date.parse(startedAt)) / 1_000,
    durationSeconds: durationSeconds ?? undefined,
  }));
}
