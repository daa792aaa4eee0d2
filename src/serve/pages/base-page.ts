import { dayOf } from '../../common/day.ts';
import { NotFoundError } from '../../errors.ts';
import { auditLead } from '../../html/audit-lead.ts';
import { trendCharts } from '../../html/charts/trend.ts';
import { type Figure, figures, savingsFigure } from '../../html/figures.ts';
import { count, supportUntil } from '../../html/format.ts';
import { html } from '../../html/markup.ts';
import { readTrends } from '../../html/overview/read-trends.ts';
import { type PageContent, section } from '../../html/page.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { newestSummaries } from '../../report/audit-summary.ts';
import { literalGlob } from '../../report/glob-regex.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { withCell } from '../../report/kinds/limited-kind.ts';
import { leaderboard } from '../../report/leaderboard.ts';
import type { CellsByName } from '../../report/report.ts';
import { recordsOf } from '../../report/report-page.ts';
import type { Dashboard } from '../dashboard.ts';
import { adviceSections, type Part, readPart } from './part-sections.ts';

/** A base image's page: the images built on it, and their trend. @throws NotFoundError when there are none */
export async function basePage(dashboard: Dashboard, name: string): Promise<PageContent> {
  const { db, now } = dashboard;
  const rowsOf = async (kind: ReportKind, column: string) =>
    recordsOf(await readPart(dashboard, withCell(kind, column, name), { limit: MOST_DISTRIBUTIONS }));
  const distributions = await rowsOf(KINDS.bases, 'base_image');
  const [group] = await rowsOf(leaderboard({ by: 'base', metric: 'stored' }), 'base');
  if (distributions.length === 0 || !group)
    throw new NotFoundError(`no image in the newest audit is built on "${name.slice(0, 200)}"`);
  const sizes = distributions.flatMap(({ base_bytes: bytes }) => (typeof bytes === 'number' ? [bytes] : []));
  const part: Part = { filters: { base: `/${literalGlob(name)}` }, without: ['base_image'] };
  const [trends, advice] = await Promise.all([
    readTrends(db, { scope: 'base', name }, now()),
    adviceSections(dashboard, part),
  ]);
  const [first = '', ...others] = name.split(';');
  const lead = auditLead(await newestSummaries(db));
  return {
    title: first,
    at: '/bases',
    lead: others.length === 0 ? lead : html`Has the layers of ${others.join(', ')}, too<br>${lead}`,
    body: html`${figures([
      { name: 'Images', value: count(Number(group.images)) },
      { name: 'Tags', value: count(Number(group.tags)) },
      { name: 'Repositories', value: count(Number(group.repositories)) },
      { name: 'Size of the base', value: sizes.length === 0 ? 'not known' : humanBytes(Math.max(...sizes)) },
      { name: 'Logical', value: humanBytes(Number(group.logical_bytes)), note: 'pull sizes of all its tags' },
      savingsFigure(Number(group.savings_max_bytes)),
      distribution(distributions, dayOf(now())),
    ])}<div class="grid">
${advice.steps}
${section('Trend', trendCharts(trends), { wide: true, note: 'Pull sizes of all tags built on it, in audits with the same coverage as the newest one.' })}
${advice.findings}
${advice.biggestImages}</div>`,
  };
}

/** An image from scratch may be of any distribution; other bases have one or two. */
const MOST_DISTRIBUTIONS = 1_000;

/** The distribution of the images on a base; if there are several, as from scratch, their number and the earliest end of support. */
function distribution(rows: readonly CellsByName[], today: string): Figure {
  const names = new Set(
    rows.map(({ distro, distro_version: version }) => [distro, version].filter(Boolean).join(' ')).filter(Boolean),
  );
  const [endOfLife] = rows.flatMap(({ distro_eol: day }) => (typeof day === 'string' ? [day] : [])).sort();
  if (names.size > 1)
    return {
      name: 'Distributions',
      value: count(names.size),
      note: endOfLife && `earliest end of support: ${endOfLife}`,
    };
  const [only = 'not known'] = names;
  return { name: 'Distribution', value: only, note: endOfLife && supportUntil(endOfLife, today) };
}
