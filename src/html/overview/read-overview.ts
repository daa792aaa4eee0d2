import { newestSummaries } from '../../report/audit-summary.ts';
import { techniques } from '../../report/kinds/techniques.ts';
import { leaderboard } from '../../report/leaderboard.ts';
import type { AuditSummary } from '../../report/report.ts';
import { type ReportRows, readRows, recordsOf } from '../../report/report-page.ts';
import type { Database } from '../../store/database.ts';
import type { Trend } from '../charts/trend.ts';
import type { CellsByName } from '../links.ts';
import { type Growth, readGrowth } from './read-growth.ts';
import { type ByteMap, readMap } from './read-map.ts';
import { readStandings, readSummaries, type Standing, type Summaries } from './read-summaries.ts';
import { readTrends } from './read-trends.ts';

/**
 * All that the overview shows, of the newest audits. However big the registry, it holds some hundreds of rows; what
 * would take long to add up was added up when the audits ended.
 */
export interface Overview extends Summaries {
  /** The newest audit of each source, the last one first. */
  readonly audits: readonly AuditSummary[];
  readonly totals: OverviewTotals;
  readonly teams: ReportRows;
  readonly map: ByteMap;
  /** By base image and by distribution, most tags first. */
  readonly bases: readonly Standing[];
  readonly distros: readonly Standing[];
  /** Repositories that grew, the most bytes first. */
  readonly growth: readonly Growth[];
  readonly trends: readonly Trend[];
  /** Techniques that builds applied, most bytes saved first. */
  readonly techniques: ReportRows;
}

export interface OverviewTotals {
  readonly repositories: number;
  readonly tags: number;
  readonly images: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly growthBytes: number | null;
  readonly savingsMaxBytes: number;
  readonly monthlyCost: number | null;
}

export interface OverviewRequest {
  readonly now: Date;
  readonly storagePricePerGBMonth: number;
}

const MOST_TEAMS = 1_000;
const MOST_TECHNIQUES = 20;
/** What grew is listed of audits that ended so long before the newest, or later. */
const GROWTH_MS = 7 * 86_400_000;

/** Reads the overview, one query after the other: the embedded database answers one at a time anyway. */
export async function readOverview(db: Database, request: OverviewRequest): Promise<Overview> {
  const { now } = request;
  const teams = await readRows(db, leaderboard({ by: 'team', metric: 'stored' }), { ...request, limit: MOST_TEAMS });
  const summaries = await readSummaries(db);
  const images = summaries.sizes.reduce((sum, bucket) => sum + bucket.images, 0);
  const newest = Date.parse(teams.audit?.finished_at ?? now.toISOString());
  return {
    ...summaries,
    audits: await newestSummaries(db),
    totals: totalsOf(recordsOf(teams), images),
    teams,
    map: await readMap(db),
    bases: await readStandings(db, 'base'),
    distros: await readStandings(db, 'distro'),
    growth: await readGrowth(db, new Date(newest - GROWTH_MS).toISOString(), now),
    trends: await readTrends(db, { scope: 'source' }, now),
    techniques: await readRows(db, techniques, { now, limit: MOST_TECHNIQUES }),
  };
}

function totalsOf(teams: readonly CellsByName[], images: number): OverviewTotals {
  const sum = (name: string): number => teams.reduce((total, row) => total + Number(row[name] ?? 0), 0);
  const known = (name: string): number | null => (teams.some((row) => row[name] !== null) ? sum(name) : null);
  return {
    repositories: sum('repositories'),
    tags: sum('tags'),
    images,
    logicalBytes: sum('logical_bytes'),
    storedBytes: sum('stored_bytes'),
    growthBytes: known('growth_bytes'),
    savingsMaxBytes: sum('savings_max_bytes'),
    monthlyCost: known('monthly_cost'),
  };
}
