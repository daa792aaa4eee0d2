import { humanBytes } from '../../measure/human-bytes.ts';
import type { AuditSummary } from '../../report/report.ts';
import type { BigLayer, BigStep, RuleCount } from '../../store/summary-store.ts';
import { type Bar, barList } from '../charts/bar-list.ts';
import { trendCharts } from '../charts/trend.ts';
import { count, counted, moment, share, signedBytes } from '../figures.ts';
import type { LinkOf } from '../links.ts';
import { html, type Markup } from '../markup.ts';
import { figures, section } from '../page.ts';
import { reportTable } from '../table.ts';
import { BUILD_COLUMNS, GROWTH_COLUMNS, LAYER_COLUMNS, RULE_COLUMNS, STEP_COLUMNS } from './columns.ts';
import { mapSection } from './map-section.ts';
import type { Growth } from './read-growth.ts';
import type { Overview, OverviewTotals } from './read-overview.ts';
import type { SizeBucket, Standing } from './read-summaries.ts';

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
${section('Where the bytes are', mapSection(overview.map, links), { wide: true, note: 'Registry, team, repository, image: layers in several repositories count in each; within a repository, each counts at the biggest image that has it.' })}
${section('Images by pull size', sizeBars(overview.sizes))}
${section('Trend', trendCharts(overview.trends), { note: 'Audits that cover the same as the newest.' })}
${section('Base images', standingBars('Base images', overview.bases, view, 'base_image'), { note: 'Share of tags.' })}
${section('Distributions', standingBars('Distributions', overview.distros, view, 'distro'), { note: 'Share of tags, with the end of support.' })}
${section('Repositories that grew', growthTable(overview.growth, links), { wide: true, note: 'Stored bytes in the last seven days, audit by audit against the one before with the same coverage; and the build that grew most, with its step.', more: links('page', { page: 'regressions' }) })}
${section('Findings', ruleTable(overview.rules, links), { wide: true, more: links('page', { page: 'findings' }) })}
${section('Biggest layers', layerTable(overview.layers, links), { wide: true, more: links('page', { page: 'layers' }) })}
${section('What would save most', stepTable(overview.steps, links), { wide: true, note: 'Steps of the slimming plans; each size counts on the steps before it.', more: links('page', { page: 'advice' }) })}
${section('What slimming brought', reportTable(overview.techniques, { label: 'Techniques', links }), { wide: true, note: 'Builds against the build before them: what the guide says of a technique, what advice estimated, what was achieved.', more: links('page', { page: 'improvements' }) })}
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
  'goal_percent',
  'slim_score',
  'findings_error',
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
  const rows = rules.map(({ severity, rule, images, maxBytes }) => [severity, rule, images, maxBytes]);
  return reportTable({ columns: RULE_COLUMNS, rows }, { label: 'Findings by rule', links });
}

function growthTable(growth: readonly Growth[], links: LinkOf): Markup {
  if (growth.length === 0) return html`<p class="empty">None stores more than at the audit before.</p>`;
  const rows = growth.map(({ repository, build }) => [
    repository.registry ?? null,
    repository.name ?? null,
    repository.change_bytes ?? null,
    repository.stored_bytes ?? null,
    ...BUILD_COLUMNS.map(({ name }) => build?.[name] ?? null),
  ]);
  const columns = [...GROWTH_COLUMNS, ...BUILD_COLUMNS];
  return reportTable({ columns, rows }, { label: 'Repositories that grew', links });
}

function layerTable(layers: readonly BigLayer[], links: LinkOf): Markup {
  const rows = layers.map(({ digest, bytes, class: name, instruction, images, repositories, registry, repository }) => [
    bytes,
    name,
    instruction,
    images,
    repositories,
    repository,
    registry,
    digest,
  ]);
  return reportTable({ columns: LAYER_COLUMNS, rows }, { label: 'Biggest layers', links });
}

function stepTable(steps: readonly BigStep[], links: LinkOf): Markup {
  const rows = steps.map((step) => [
    step.registry,
    step.repository,
    step.tag,
    step.team,
    step.digest,
    step.bytes,
    step.technique,
    step.base,
    step.gainBytes,
    step.afterMaxBytes,
    step.basis,
  ]);
  return reportTable({ columns: STEP_COLUMNS, rows }, { label: 'Advice', links });
}
