import type { Database } from '../database/database.ts';
import { humanBytes } from '../measure/human-bytes.ts';
import { KINDS } from '../report/kinds/kinds.ts';
import { readLargestRegressions } from '../report/largest-regressions.ts';
import type { CellsByName } from '../report/report.ts';
import { readRows, recordsOf } from '../report/report-page.ts';
import type { AuditRow } from '../store/audit-store.ts';
import type { EventItem } from './audit-events.ts';

/** Smaller growth is ordinary work, not a regression. Both limits apply, so that small repositories may double. */
const REGRESSION_PERCENT = 10;
const REGRESSION_BYTES = 10_000_000;
/** Limit for each source; if more grow, the cause is common to all, such as a new base image. */
const MOST_REPOSITORIES = 1_000;

/**
 * Finds the repositories whose growth is a regression, most bytes first. Growth is stored for the newest audit of a
 * source; `audit` is that, because it has just ended.
 */
export async function repositoriesThatGrew(
  db: Database,
  audit: AuditRow,
  sources: readonly string[],
): Promise<readonly CellsByName[]> {
  const grown: CellsByName[] = [];
  for (const source of sources) {
    const request = { filters: { source }, sort: '-growth_bytes', limit: MOST_REPOSITORIES, now: endOf(audit) };
    grown.push(...recordsOf(await readRows(db, KINDS.repositories, request)).filter(isRegression));
  }
  return grown.toSorted((a, b) => Number(b.growth_bytes) - Number(a.growth_bytes));
}

function isRegression({ growth_bytes: bytes, growth_percent: percent }: CellsByName): boolean {
  return Number(bytes) >= REGRESSION_BYTES && Number(percent) >= REGRESSION_PERCENT;
}

/** Describes repositories that grew, each with the build that grew most in this audit, if any did. */
export async function regressionItems(
  db: Database,
  audit: AuditRow,
  grown: readonly CellsByName[],
): Promise<readonly EventItem[]> {
  const builds = await readLargestRegressions(db, grown, audit.startedAt, endOf(audit));
  return grown.map((row, at) => {
    const build = builds[at];
    return {
      name: `${row.registry}/${row.repository}`,
      team: String(row.team),
      message: `grew by ${Number(row.growth_percent).toFixed(0)} %${build ? `: ${buildText(build)}` : ''}`,
      bytes: Number(row.growth_bytes),
    };
  });
}

const LONGEST_INSTRUCTION = 80;

/** Describes a build that grew: `build 1.9.0 +212 MB, step 7 +212 MB RUN npm ci`. */
function buildText({ tag, change_bytes: bytes, step, step_bytes: stepBytes, instruction }: CellsByName): string {
  const build = `build ${tag} +${humanBytes(Number(bytes))}`;
  if (step === null) return build;
  const made = typeof instruction === 'string' ? ` ${instruction.slice(0, LONGEST_INSTRUCTION)}` : '';
  return `${build}, step ${step} +${humanBytes(Number(stepBytes))}${made}`;
}

function endOf({ finishedAt, startedAt }: AuditRow): Date {
  return new Date(finishedAt ?? startedAt);
}
