import { humanBytes } from '../../measure/human-bytes.ts';
import type { AuditSummary } from '../../report/report.ts';
import { recordsOf } from '../../report/report-page.ts';
import { type Bar, barList } from '../charts/bar-list.ts';
import { type MapNode, treemapChart } from '../charts/treemap.ts';
import { trendChart } from '../charts/trend.ts';
import { count, counted, moment, share, signedBytes } from '../figures.ts';
import type { CellsByName, LinkOf } from '../links.ts';
import { html, type Markup } from '../markup.ts';
import { figures, section } from '../page.ts';
import { reportTable } from '../table.ts';
import type { RuleCount, SizeBucket } from './distributions.ts';
import type { Overview, OverviewTotals, Standing } from './read-overview.ts';

export interface OverviewView {
  readonly links: LinkOf;
  readonly currency: string;
  /** `YYYY-MM-DD`: support that ended before is marked. */
  readonly today: string;
}

const TOP_BARS = 12;

/** The overview's parts, in the order of the page. */
export function overviewSections(overview: Overview, view: OverviewView): Markup {
  const { links } = view;
  return html`${summary(overview.totals, view)}
<div class="grid">
${section('Teams by stored bytes', reportTable(overview.teams, { label: 'Teams', links, columns: TEAM_COLUMNS }), { wide: true, note: 'A layer that several teams hold counts in parts, so that the teams sum to what the registries store.' })}
${section('Where the bytes are', treemap(overview, links), { wide: true, note: 'Registry, team, repository: all that each one holds; layers in several repositories count in each.' })}
${section('Images by pull size', sizeBars(overview.sizes))}
${section('Trend', trends(overview))}
${section('Base images', standingBars('Base images', overview.bases, view, 'base_image'), { note: 'Share of tags.' })}
${section('Distributions', standingBars('Distributions', overview.distros, view, 'distro'), { note: 'Share of tags, with the end of support.' })}
${section('Repositories that grew', reportTable(overview.growth, { label: 'Repositories that grew', links, columns: ['repository', 'team', 'growth_bytes', 'stored_bytes'] }), { note: 'Stored bytes against the audit before with the same coverage.' })}
${section('Findings', ruleTable(overview.rules, links))}
${section('Biggest layers', reportTable(overview.layers, { label: 'Biggest layers', links, columns: ['bytes', 'class', 'instruction', 'images', 'teams', 'example_repository'] }), { wide: true })}
${section('What would save most', reportTable(overview.advice, { label: 'Advice', links, columns: ADVICE_COLUMNS }), { wide: true, note: 'Steps of the slimming plans; each size counts on the steps before it.' })}
</div>`;
}

const TEAM_COLUMNS = [
  'rank',
  'team',
  'moved',
  'repositories',
  'tags',
  'images',
  'stored_bytes',
  'own_bytes',
  'logical_bytes',
  'median_bytes',
  'growth_bytes',
  'savings_max_bytes',
  'monthly_cost',
  'slim_score',
  'findings_error',
];
const ADVICE_COLUMNS = [
  'repository',
  'tag',
  'team',
  'compressed_bytes',
  'step',
  'technique',
  'base',
  'gain_bytes',
  'after_max_bytes',
  'basis',
];

/** One line that says of which audit a page is. */
export function auditLead(audit: AuditSummary | null): string {
  if (!audit) return 'No audit has finished yet: "slimboard audit HOST" makes one.';
  const failed = audit.tags_failed > 0 ? `, ${counted(audit.tags_failed, 'tag')} failed` : '';
  const coverage = `${count(audit.tags_audited)} of ${counted(audit.tags_listed, 'tag')} audited${failed}`;
  const time = audit.finished_at === null ? 'still running' : moment(audit.finished_at);
  return `Audit ${audit.id} of ${audit.sources.join(', ')} · ${time} · ${coverage}`;
}

function summary(totals: OverviewTotals, { currency }: OverviewView): Markup {
  const growth = totals.growthBytes === null ? null : `${signedBytes(totals.growthBytes)} since the audit before`;
  const cost = totals.monthlyCost === null ? null : `${totals.monthlyCost.toFixed(2)} ${currency} a month`;
  return figures([
    { name: 'Repositories', value: count(totals.repositories) },
    { name: 'Tags', value: count(totals.tags) },
    { name: 'Images', value: count(totals.images) },
    { name: 'Stored', value: humanBytes(totals.storedBytes), note: growth },
    { name: 'Logical', value: humanBytes(totals.logicalBytes), note: cost },
    {
      name: 'Could be saved, up to',
      value: humanBytes(totals.savingsMaxBytes),
      note: 'pull sizes, images one by one',
    },
  ]);
}

function treemap({ repositories }: Overview, links: LinkOf): Markup {
  const byRegistry = new Map<string, Map<string, MapNode[]>>();
  for (const row of recordsOf(repositories)) {
    const registry = String(row.registry);
    const team = String(row.team);
    const teams = byRegistry.get(registry) ?? new Map<string, MapNode[]>();
    byRegistry.set(registry, teams.set(team, [...(teams.get(team) ?? []), leafOf(row, links)]));
  }
  if (byRegistry.size === 0) return html`<p class="empty">Nothing to show.</p>`;
  const shown = repositories.rows.length;
  const rest = repositories.total - shown;
  const root: MapNode = {
    name: 'all',
    children: [...byRegistry].map(([name, teams]) => ({
      name,
      children: [...teams].map(([team, children]) => ({ name: team, children })),
    })),
  };
  const label = `Stored bytes of ${counted(shown, 'repository', 'repositories')}`;
  return html`${treemapChart(root, label)}${rest > 0 ? html`<p class="note">And ${counted(rest, 'smaller repository', 'smaller repositories')}.</p>` : null}`;
}

function leafOf(row: CellsByName, links: LinkOf): MapNode {
  return { name: String(row.repository), bytes: Number(row.stored_bytes ?? 0), href: links('repository', row) };
}

function sizeBars(sizes: readonly SizeBucket[]): Markup {
  const bars = sizes.map(({ fromBytes, toBytes, images }): Bar => {
    const from = humanBytes(fromBytes);
    const label =
      toBytes === null
        ? `${from} and more`
        : fromBytes === 0
          ? `below ${humanBytes(toBytes)}`
          : `${from} to ${humanBytes(toBytes)}`;
    return { label, value: images, text: count(images) };
  });
  return barList('Images by pull size', ['Pull size', 'Images'], bars);
}

function standingBars(label: string, all: readonly Standing[], view: OverviewView, column: string): Markup {
  const tags = all.reduce((sum, standing) => sum + standing.tags, 0);
  const shown = all.slice(0, TOP_BARS);
  const bars = shown.map(({ name, tags: value, endOfLife }): Bar => {
    const ended = endOfLife !== null && endOfLife < view.today;
    const known = name !== 'not known';
    return {
      label: name,
      value,
      text: `${count(value)} · ${share(value, tags)}`,
      href: known ? view.links(column, { [column]: column === 'distro' ? name.replace(' ', ':') : name }) : undefined,
      ...(column === 'distro' && endOfLife !== null
        ? { note: ended ? `ended ${endOfLife}` : `until ${endOfLife}`, tone: ended ? 'bad' : undefined }
        : {}),
    };
  });
  const rest = all.length - shown.length;
  return html`${barList(label, ['Name', 'Tags'], bars)}${rest > 0 ? html`<p class="note">And ${count(rest)} more.</p>` : null}`;
}

function ruleTable(rules: readonly RuleCount[], links: LinkOf): Markup {
  const columns = [
    { name: 'severity', type: 'text', description: 'As the policy has it.' },
    { name: 'rule', type: 'text', description: 'The rule.' },
    { name: 'images', type: 'integer', description: 'How many images trip it.' },
    { name: 'teams', type: 'integer', description: 'Of how many teams.' },
    { name: 'max_bytes', type: 'bytes', description: 'What mending it everywhere saves at most.' },
  ] as const;
  const rows = rules.map(({ severity, rule, images, teams, maxBytes }) => [severity, rule, images, teams, maxBytes]);
  return reportTable({ columns, rows }, { label: 'Findings by rule', links });
}

/** Audits of the same sources make a line. */
function trends({ audits }: Overview): Markup {
  const lines = new Map<string, { at: string; stored: number; logical: number }[]>();
  for (const row of recordsOf(audits).reverse()) {
    if (row.status !== 'finished' || typeof row.finished_at !== 'string' || row.stored_bytes === null) continue;
    const sources = String(row.sources);
    const points = lines.get(sources) ?? [];
    points.push({ at: row.finished_at, stored: Number(row.stored_bytes), logical: Number(row.logical_bytes) });
    lines.set(sources, points);
  }
  if (lines.size === 0) return html`<p class="empty">A trend begins with the first audit that finished.</p>`;
  const charts = [...lines].slice(0, 4).map(
    ([sources, points]) =>
      html`<h3>${sources}</h3>${trendChart(
        'Stored',
        points.map(({ at, stored }) => ({ at, bytes: stored })),
      )}${trendChart(
        'Logical',
        points.map(({ at, logical }) => ({ at, bytes: logical })),
      )}`,
  );
  return html`${charts}`;
}
