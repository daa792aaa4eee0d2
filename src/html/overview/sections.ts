import { sum } from '../../common/sum.ts';
import { humanBytes, signedBytes } from '../../measure/human-bytes.ts';
import { ruleTitle } from '../../policy/rule-registry.ts';
import type { BigLayer, BigStep, RuleCount } from '../../store/totals/summary-store.ts';
import { type Bar, barList } from '../charts/bar-list.ts';
import { trendCharts } from '../charts/trend.ts';
import { EMPTY_STATES } from '../empty-states.ts';
import { figures, progressFigure, savingsFigure } from '../figures.ts';
import { count, countOf, share } from '../format.ts';
import { type LinkOf, link } from '../links.ts';
import { html, type Markup } from '../markup.ts';
import { section } from '../page.ts';
import { recordTable, reportTable } from '../table.ts';
import { GROWTH_COLUMNS, LAYER_COLUMNS, RULE_COLUMNS, STEP_COLUMNS } from './columns.ts';
import { mapSection } from './map-section.ts';
import { nextSteps } from './next-steps.ts';
import { MOST_TEAMS, type Overview } from './read-overview.ts';
import type { SizeBucket, TagShare } from './read-summaries.ts';

/** How the overview is shown. */
export interface OverviewView {
  readonly links: LinkOf;
  readonly currency: string;
  /** `YYYY-MM-DD`; distributions whose support ended before are marked. */
  readonly today: string;
}

const TOP_BARS = 12;

/** All sections of the overview, in the order of the page. */
export function overviewSections(overview: Overview, view: OverviewView): Markup {
  const { links } = view;
  if (overview.audits.length === 0) return noAudit(links);
  return html`${summary(overview.totals, view)}
<div class="grid">
${section('What to do next', nextSteps(overview, links), { wide: true })}
${section('Trend', trendCharts(overview.trends), { wide: true, note: 'Only audits with the same coverage as the newest one.' })}
${section('Teams by stored bytes', reportTable(overview.teams, { label: 'Teams', links, columns: TEAM_COLUMNS }), { wide: true, note: teamsNote(overview.teams.rows.length), more: links('page', { page: 'leaderboard' }) })}
${section('What would save most', stepTable(overview.steps, links), { wide: true, note: 'For each repository and technique, the image in which it saves most, of the newest builds. Sizes assume that the earlier steps of the plan were applied.', more: links('page', { page: 'advice' }) })}
${section('Repositories that grew', growthTable(overview, links), { wide: true, note: 'Growth of the stored bytes in the last seven days, between audits of the same coverage, with the build that grew most and its step that grew most.', more: links('page', { page: 'regressions' }) })}
${section('Where the bytes are', mapSection(overview.map, links), { wide: true, note: 'Registry, team, repository, image. A layer in several repositories counts in each of them; within a repository it counts once, at the biggest image that has it.' })}
${section('Images by pull size', sizeBars(overview.sizes))}
${section('Distributions', tagShareBars('Distributions', overview.distros, view, 'distro'), { note: 'Share of tags, with the end of support.' })}
${section('Base images', tagShareBars('Base images', overview.bases, view, 'base_image'), { wide: true, note: 'Share of tags.', more: links('page', { page: 'bases' }) })}
${section('Findings', ruleTable(overview.rules, links), { wide: true, more: links('page', { page: 'findings' }) })}
${section('Biggest layers', layerTable(overview.layers, links), { wide: true, more: links('page', { page: 'layers' }) })}
${section('What slimming achieved', reportTable(overview.techniques, { label: 'Techniques', links, empty: EMPTY_STATES.techniques }), { wide: true, note: 'Each build compared with the previous one: the range that the guide gives for a technique, the estimate of the advice, and what was achieved.', more: links('page', { page: 'improvements' }) })}
</div>`;
}

function noAudit(links: LinkOf): Markup {
  return html`<div class="grid">${section(
    'No audit has finished yet',
    html`<ol class="next"><li>Audit a registry: <code>slimboard audit registry.example.com</code>.</li>
<li>Reload this page when the audit has finished; ${link('audits', links('page', { page: 'audits' }))} lists those that are running.</li>
<li>To audit every night, list your registries in <code>slimboard.yaml</code> and start <code>slimboard audit</code> from cron. With Redis, <code>slimboard schedule</code> and <code>slimboard worker</code> do the same on many machines.</li></ol>`,
    { wide: true },
  )}</div>`;
}

const TEAM_COLUMNS = (
  'rank team stored_bytes moved growth_bytes savings_max_bytes repositories tags images logical_bytes ' +
  'median_bytes monthly_cost goal_percent slim_score findings_error'
).split(' ');

function teamsNote(teams: number): string {
  const part = teams < MOST_TEAMS ? '' : ` The first ${count(MOST_TEAMS)} teams.`;
  return `A layer that several teams share is divided among them, so that the teams add up to what the registries store.${part}`;
}

function summary(totals: Overview['totals'], { currency }: OverviewView): Markup {
  const growth = totals.growthBytes === null ? null : `${signedBytes(totals.growthBytes)} since the previous audit`;
  const cost = totals.monthlyCost === null ? 'not known' : `${totals.monthlyCost.toFixed(2)} ${currency}`;
  return figures([
    { name: 'Stored', value: humanBytes(totals.storedBytes), note: growth },
    { name: 'Storage cost per month', value: cost },
    { name: 'Logical', value: humanBytes(totals.logicalBytes), note: 'pull sizes of all tags' },
    savingsFigure(totals.savingsMaxBytes),
    progressFigure(
      totals.progressPercent,
      `reached by ${count(totals.repositoriesAtGoal)} of ${countOf(totals.repositoriesWithGoal, 'repository')}`,
    ),
    {
      name: 'Images',
      value: count(totals.images),
      note: `under ${countOf(totals.tags, 'tag')} in ${countOf(totals.repositories, 'repository')}`,
    },
  ]);
}

function sizeBars(sizes: readonly SizeBucket[]): Markup {
  const bars = sizes.map(
    ({ fromBytes, toBytes, images }): Bar => ({
      label: sizeRange(fromBytes, toBytes),
      value: images,
      text: count(images),
    }),
  );
  return barList('Images by pull size', ['Pull size', 'Images'], bars);
}

function sizeRange(fromBytes: number, toBytes: number | null): string {
  if (toBytes === null) return `${humanBytes(fromBytes)} and more`;
  return fromBytes === 0 ? `below ${humanBytes(toBytes)}` : `${humanBytes(fromBytes)} to ${humanBytes(toBytes)}`;
}

function tagShareBars(label: string, all: readonly TagShare[], view: OverviewView, column: string): Markup {
  const totalTags = sum(all.map(({ tags }) => tags));
  const shown = all.slice(0, TOP_BARS);
  const bars = shown.map(({ name, tags: value, endOfLife }): Bar => {
    const [first = name, ...others] = name.split(';');
    const searched = column === 'distro' ? name.replace(' ', ':') : name;
    return {
      label: first,
      ...(others.length > 0 ? { note: `+${others.length}`, title: name } : {}),
      value,
      text: `${count(value)} · ${share(value, totalTags)}`,
      href: name === 'not known' ? undefined : view.links(column, { [column]: searched }),
      ...(column === 'distro' && endOfLife !== null ? supportNote(endOfLife, view.today) : {}),
    };
  });
  const rest = all.length - shown.length;
  return html`${barList(label, ['Name', 'Tags'], bars)}${rest > 0 ? html`<p class="note">And ${count(rest)} more.</p>` : null}`;
}

function supportNote(endOfLife: string, today: string): Pick<Bar, 'note' | 'isBad'> {
  const isBad = endOfLife < today;
  return { note: `${isBad ? 'ended' : 'until'} ${endOfLife}`, isBad };
}

function ruleTable(rules: readonly RuleCount[], links: LinkOf): Markup {
  const records = rules.map(({ maxBytes, ...rule }) => ({ ...rule, what: ruleTitle(rule.rule), max_bytes: maxBytes }));
  return recordTable(RULE_COLUMNS, records, { label: 'Findings by rule', links, empty: EMPTY_STATES.findings });
}

function growthTable({ growth, totals }: Overview, links: LinkOf): Markup {
  if (growth.length === 0 && totals.growthBytes === null)
    return html`<p class="empty">Not known yet: growth is measured between two audits with the same coverage.</p>`;
  if (growth.length === 0) return html`<p class="empty">No repository grew in the last seven days.</p>`;
  const records = growth.map(({ repository: { registry, name, team, change_bytes, stored_bytes }, build }) => ({
    ...build,
    registry,
    repository: name,
    team,
    growth_bytes: change_bytes,
    stored_bytes,
  }));
  return recordTable(GROWTH_COLUMNS, records, { label: 'Repositories that grew', links });
}

function layerTable(layers: readonly BigLayer[], links: LinkOf): Markup {
  const records = layers.map((layer) => ({ ...layer, example_repository: layer.repository }));
  return recordTable(LAYER_COLUMNS, records, { label: 'Biggest layers', links });
}

function stepTable(steps: readonly BigStep[], links: LinkOf): Markup {
  const records = steps.map(({ bytes, gainBytes, afterMaxBytes, ...step }) => ({
    ...step,
    compressed_bytes: bytes,
    gain_bytes: gainBytes,
    after_max_bytes: afterMaxBytes,
  }));
  return recordTable(STEP_COLUMNS, records, { label: 'Advice', links, empty: EMPTY_STATES.advice });
}
