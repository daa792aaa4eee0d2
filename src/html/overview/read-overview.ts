import { KINDS } from '../../report/kinds/kinds.ts';
import { leaderboard } from '../../report/leaderboard.ts';
import { type ReportPage, readPage, recordsOf } from '../../report/report-page.ts';
import type { Database } from '../../store/database.ts';
import type { CellsByName } from '../links.ts';
import { type RuleCount, readRuleCounts, readSizeDistribution, type SizeBucket } from './distributions.ts';

/** All that the overview shows, of the newest audits. However big the registry, it holds some hundreds of rows. */
export interface Overview {
  readonly totals: OverviewTotals;
  readonly teams: ReportPage;
  /** Most stored bytes first. */
  readonly repositories: ReportPage;
  readonly sizes: readonly SizeBucket[];
  /** By base image and by distribution, most tags first. */
  readonly bases: readonly Standing[];
  readonly distros: readonly Standing[];
  readonly layers: ReportPage;
  readonly rules: readonly RuleCount[];
  /** Repositories that grew since the audit before. */
  readonly growth: ReportPage;
  readonly advice: ReportPage;
  /** Audits, the oldest first. */
  readonly audits: ReportPage;
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

/** How many tags stand on something. */
export interface Standing {
  readonly name: string;
  readonly tags: number;
  readonly logicalBytes: number;
  /** The day its support ends, `2026-06-30`, where one is known. */
  readonly endOfLife: string | null;
}

export interface OverviewRequest {
  readonly now: Date;
  readonly storagePricePerGBMonth: number;
}

/** Base images under one name are few; a registry with more than so many is cut. */
const MAX_BASES = 5_000;
const TOP = 15;

/** Reads the overview, one query after the other: the embedded database answers one at a time anyway. */
export async function readOverview(db: Database, request: OverviewRequest): Promise<Overview> {
  const teams = await readPage(db, leaderboard({ by: 'team', metric: 'stored' }), { ...request, limit: 1_000 });
  const bases = recordsOf(await readPage(db, KINDS.bases, { ...request, limit: MAX_BASES }));
  const sizes = await readSizeDistribution(db);
  const images = sizes.reduce((sum, bucket) => sum + bucket.images, 0);
  return {
    totals: totalsOf(recordsOf(teams), images),
    teams,
    repositories: await readPage(db, KINDS.repositories, { ...request, limit: 300 }),
    sizes,
    bases: standings(bases, (row) => nameOf(row.base_image)),
    distros: standings(bases, (row) => [nameOf(row.distro), row.distro_version ?? ''].join(' ').trim()),
    layers: await readPage(db, KINDS.layers, { ...request, limit: TOP }),
    rules: await readRuleCounts(db),
    growth: grownOnly(await readPage(db, KINDS.repositories, { ...request, sort: '-growth_bytes', limit: TOP })),
    advice: await readPage(db, KINDS.advice, { ...request, limit: TOP }),
    audits: await readPage(db, KINDS.audits, { ...request, limit: 400 }),
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

function nameOf(cell: CellsByName[string] | undefined): string {
  return typeof cell === 'string' && cell !== '' ? cell : 'not known';
}

/** Rows of `report bases` under fewer names; their tags and bytes add up. */
function standings(bases: readonly CellsByName[], name: (row: CellsByName) => string): readonly Standing[] {
  const byName = new Map<string, Standing>();
  for (const row of bases) {
    const key = name(row);
    const before = byName.get(key);
    byName.set(key, {
      name: key,
      tags: (before?.tags ?? 0) + Number(row.tags),
      logicalBytes: (before?.logicalBytes ?? 0) + Number(row.logical_bytes),
      endOfLife: typeof row.distro_eol === 'string' ? row.distro_eol : (before?.endOfLife ?? null),
    });
  }
  return [...byName.values()].sort((a, b) => b.tags - a.tags || (a.name < b.name ? -1 : 1));
}

function grownOnly(page: ReportPage): ReportPage {
  const index = page.columns.findIndex(({ name }) => name === 'growth_bytes');
  const rows = page.rows.filter((cells) => Number(cells[index] ?? 0) > 0);
  return { ...page, rows, total: rows.length };
}
