import { sum } from '../../common/sum.ts';
import { DAY_MS } from '../../common/units.ts';
import type { Database } from '../../database/database.ts';
import { newestSummaries } from '../../report/audit-summary.ts';
import { pickColumns, type ReportKind } from '../../report/kinds/kind.ts';
import { techniques } from '../../report/kinds/techniques.ts';
import { leaderboard, teams } from '../../report/leaderboard.ts';
import type { ReportRequest } from '../../report/open-report.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';
import { readGrowth } from './read-growth.ts';
import { readMap } from './read-map.ts';
import { readSummaries, readTagShares } from './read-summaries.ts';
import { readTrends } from './read-trends.ts';

/** The overview lists at most this many teams. */
export const MOST_TEAMS = 500;
const MOST_TECHNIQUES = 20;
/** Growth is measured over the last seven days before the end of the newest audit. */
const GROWTH_MS = 7 * DAY_MS;

/**
 * Everything that the overview shows, from the newest audits. It is some hundreds of rows for a registry of any size, and fast
 * to read: audits compute the expensive sums when they end.
 */
export type Overview = Awaited<ReturnType<typeof readOverview>>;

/** Reads the overview, one query after the other, because the embedded database runs only one at a time anyway. */
export async function readOverview(db: Database, request: ReportRequest) {
  const { now } = request;
  const board = await readRows(db, leaderboard({ by: 'team', metric: 'stored' }), { ...request, limit: MOST_TEAMS });
  const summaries = await readSummaries(db);
  const images = sum(summaries.sizes.map((bucket) => bucket.images));
  const newest = Date.parse(board.audit?.finished_at ?? now.toISOString());
  return {
    ...summaries,
    /** The newest audit of each source, latest first. */
    audits: await newestSummaries(db),
    totals: await readTotals(db, request, images),
    teams: board,
    map: await readMap(db),
    /** The shares of base images and of distributions, most tags first. */
    bases: await readTagShares(db, 'base'),
    distros: await readTagShares(db, 'distro'),
    /** The repositories that grew, most bytes first. */
    growth: await readGrowth(db, new Date(newest - GROWTH_MS).toISOString(), now),
    trends: await readTrends(db, { scope: 'source' }, now),
    /** Techniques that builds applied, most bytes saved first. */
    techniques: await readRows(db, techniques, { now, limit: MOST_TECHNIQUES }),
  };
}

const SUMS = 'repositories tags logical_bytes stored_bytes savings_max_bytes monthly_cost'.split(' ');

/** The sums over all teams, including those beyond MOST_TEAMS. */
const teamTotals: ReportKind = {
  name: teams.name,
  description: 'One row: the sums of all teams.',
  filters: teams.filters,
  columns: pickColumns(teams, SUMS),
  query: (scope) =>
    `select ${SUMS.map((name) => `sum(t.${name}) as ${name}`).join(', ')} from (${teams.query(scope)}) t`,
};

/** The growth of all sources. Teams do not add up to it: a team that is gone has no row, but took its bytes along. */
const GROWTH = `
  select sum(t.stored_bytes - p.stored_bytes)::int8 as growth, bool_and(p.stored_bytes is not null) as compared
  from slimboard_source_audits a join source_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
  left join source_total p on p.audit_id = a.previous_totals_of and p.source_id = a.source_id
  where a.newest`;

const PROGRESS = `
  select goal_percent(sum(o.start_bytes)::int8, sum(o.goal_bytes)::int8, sum(o.current_bytes)::int8)::float8 as "progressPercent",
    coalesce(sum(o.repositories), 0)::int8 as "repositoriesWithGoal", coalesce(sum(o.reached), 0)::int8 as "repositoriesAtGoal"
  from slimboard_source_audits a join team_goal o on o.audit_id = a.totals_of and o.source_id = a.source_id
  where a.newest`;

/** The way to the goals of all repositories together. */
interface GoalProgress {
  /** The share of the way that is done; negative: larger than at the start; null: there are no goals. */
  readonly progressPercent: number | null;
  readonly repositoriesWithGoal: number;
  /** How many of them are at their goal or below. */
  readonly repositoriesAtGoal: number;
}

const NO_GOALS: GoalProgress = { progressPercent: null, repositoriesWithGoal: 0, repositoriesAtGoal: 0 };

/** Totals of all sources. */
async function readTotals(db: Database, request: ReportRequest, images: number) {
  const [row = {}] = recordsOf(await readRows(db, teamTotals, { ...request, limit: 1 }));
  const [{ growth = null, compared = null } = {}] = await db.query<{ growth: number | null; compared: boolean | null }>(
    GROWTH,
  );
  const [progress = NO_GOALS] = await db.query<GoalProgress>(PROGRESS);
  const known = (name: string): number | null => (typeof row[name] === 'number' ? Number(row[name]) : null);
  return {
    repositories: known('repositories') ?? 0,
    tags: known('tags') ?? 0,
    images,
    logicalBytes: known('logical_bytes') ?? 0,
    storedBytes: known('stored_bytes') ?? 0,
    /** Change of stored bytes; null when some source has no comparable earlier audit. */
    growthBytes: compared ? growth : null,
    savingsMaxBytes: known('savings_max_bytes') ?? 0,
    ...progress,
    /** In the configured currency; null: not known. */
    monthlyCost: known('monthly_cost'),
  };
}
