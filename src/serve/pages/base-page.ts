import { dayOf } from '../../common/day.ts';
import type { Queryable } from '../../database/database.ts';
import { NotFoundError } from '../../errors.ts';
import { auditLead } from '../../html/audit-lead.ts';
import { trendCharts } from '../../html/charts/trend.ts';
import { count, supportUntil } from '../../html/figures.ts';
import { html } from '../../html/markup.ts';
import { readTrends } from '../../html/overview/read-trends.ts';
import { type Figure, figures, type PageContent, section } from '../../html/page.ts';
import { savingsFigure } from '../../html/savings-figure.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { newestSummaries } from '../../report/audit-summary.ts';
import { literalGlob } from '../../report/filters.ts';
import type { Dashboard } from '../dashboard.ts';
import { adviceSections, type Part } from './read-part.ts';

interface BaseRow {
  readonly images: number | null;
  readonly tags: number;
  readonly repositories: number;
  readonly bytes: number | null;
  readonly logical: number;
  readonly savings: number | null;
  readonly distros: string | null;
  readonly endOfLife: string | null;
}

/** A base image's page: the images built on it, and their trend. @throws NotFoundError when there are none */
export async function basePage(dashboard: Dashboard, name: string): Promise<PageContent> {
  const { db, now } = dashboard;
  const base = await readBase(db, name);
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
      { name: 'Images', value: count(base.images ?? 0) },
      { name: 'Tags', value: count(base.tags) },
      { name: 'Repositories', value: count(base.repositories) },
      { name: 'Size of the base', value: base.bytes === null ? 'not known' : humanBytes(base.bytes) },
      { name: 'Logical', value: humanBytes(base.logical), note: 'pull sizes of all its tags' },
      savingsFigure(base.savings),
      distribution(base, dayOf(now())),
    ])}<div class="grid">
${advice.steps}
${section('Trend', trendCharts(trends), { wide: true, note: 'Pull sizes of all tags built on it, in audits with the same coverage as the newest one.' })}
${advice.findings}
${advice.biggestImages}</div>`,
  };
}

/** The distribution of the images on a base; if there are several, as from scratch, their number and the earliest end of support. */
function distribution({ distros, endOfLife }: Pick<BaseRow, 'distros' | 'endOfLife'>, today: string): Figure {
  const names = distros?.split(', ') ?? [];
  if (names.length > 1)
    return {
      name: 'Distributions',
      value: count(names.length),
      note: endOfLife === null ? null : `earliest end of support: ${endOfLife}`,
    };
  return {
    name: 'Distribution',
    value: distros ?? 'not known',
    note: endOfLife === null ? null : supportUntil(endOfLife, today),
  };
}

async function readBase(db: Queryable, name: string): Promise<BaseRow> {
  const [row] = await db.query<BaseRow>(
    `select sum(images)::int8 as images, sum(tags)::int8 as tags, sum(repositories)::int8 as repositories,
       max(base_bytes) as bytes, sum(logical_bytes)::int8 as logical,
       (select sum(savings_max_bytes)::int8 from source_group where grouping = 'base' and name = $1) as savings,
       string_agg(distinct distro || coalesce(' ' || distro_version, ''), ', ') as distros, min(distro_eol) as "endOfLife"
     from source_base where base_image = $1`,
    [name],
  );
  if (!row || row.images === null)
    throw new NotFoundError(`no image in the newest audit is built on "${name.slice(0, 200)}"`);
  return row;
}
