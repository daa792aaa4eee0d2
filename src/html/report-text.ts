import type { Database } from '../database/database.ts';
import { FORMATS } from '../report/formats/formats.ts';
import type { FormatName } from '../report/names.ts';
import type { FormatOptions, Report } from '../report/report.ts';
import type { ReportFileOptions } from './report-file.ts';

/** A report as text in any format, piece by piece; HTML, a whole page, is one piece. */
export async function* reportText(
  db: Database,
  report: Report,
  format: FormatName,
  options: FormatOptions & ReportFileOptions,
): AsyncGenerator<string> {
  if (format !== 'html') return yield* FORMATS[format](report, options);
  // Loaded only when needed: charts and pages are half of the code of a report.
  const { htmlReport } = await import('./report-file.ts');
  yield await htmlReport(db, report, options);
}
