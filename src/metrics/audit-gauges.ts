import type { Queryable } from '../store/database.ts';
import { readAuditAges } from '../store/queued-audit-store.ts';
import type { AuditGauge } from './metrics.ts';

/** The last audits of each source, as a scrape wants them. */
export async function auditGauges(db: Queryable): Promise<readonly AuditGauge[]> {
  const ages = await readAuditAges(db);
  return ages.map(({ source, startedAt, durationSeconds, running }) => ({
    source,
    running,
    ageSeconds: startedAt === null ? undefined : (Date.now() - Date.parse(startedAt)) / 1_000,
    durationSeconds: durationSeconds ?? undefined,
  }));
}
