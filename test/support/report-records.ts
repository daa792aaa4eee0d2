import type { Database } from '../../src/database/database.ts';
import type { ReportKind } from '../../src/report/kinds/kind.ts';
import { openReport, type ReportRequest } from '../../src/report/open-report.ts';
import { rowRecordOf } from '../../src/report/report.ts';
import { unpackRows } from '../../src/report/row-reader.ts';

/** Reads all rows of a report as objects with a property per column. */
export async function readRecords(
  db: Database,
  kind: ReportKind,
  request: Partial<ReportRequest> = {},
): Promise<readonly Record<string, unknown>[]> {
  const { columns, rows } = await openReport(db, kind, { now: new Date(), ...request });
  const found: Record<string, unknown>[] = [];
  for await (const batch of unpackRows(rows)) found.push(...batch.map((cells) => rowRecordOf(columns, cells)));
  return found;
}
