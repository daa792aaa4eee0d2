import { NotFoundError } from '../../errors.ts';
import { EMPTY_STATES } from '../../html/empty-states.ts';
import { count, moment } from '../../html/format.ts';
import { dashboardLinks } from '../../html/links.ts';
import { html } from '../../html/markup.ts';
import { facts, type PageContent, section } from '../../html/page.ts';
import { reportTable } from '../../html/table.ts';
import { auditStatus } from '../../report/audit-status.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { readPage } from '../../report/report-page.ts';
import { readAuditProgress } from '../../store/progress-store.ts';
import type { Dashboard } from '../dashboard.ts';

/** The page lists at most this many errors; the report has all. */
const MOST_ERRORS = 200;

/** An audit's page: what it covered, and what it could not read. @throws NotFoundError when there is no such audit */
export async function auditPage({ db, now }: Dashboard, id: number): Promise<PageContent> {
  const audit = await readAuditProgress(db, id);
  if (!audit) throw new NotFoundError(`there is no audit ${id}`);
  const errors = await readPage(db, KINDS.errors, { now: now(), audit: id, limit: MOST_ERRORS });
  return {
    title: `Audit ${id}`,
    at: '/audits',
    lead: `Sources: ${audit.sources.join(', ')}`,
    body: html`<div class="grid">
${section(
  'Coverage',
  facts([
    ['Status', auditStatus(audit)],
    ['Started', moment(audit.startedAt)],
    ['Ended', audit.finishedAt === null ? 'not yet' : moment(audit.finishedAt)],
    ['Repositories', count(audit.repositoriesListed)],
    ['Tags listed', count(audit.tagsListed)],
    ['Tags audited', count(audit.tagsAudited)],
    ['Tags skipped by settings, or not of images', count(audit.tagsSkipped)],
    ['Tags failed', count(audit.tagsFailed)],
    ['Requests', `${count(audit.requests)}, ${count(audit.throttled)} of them throttled by the registry`],
  ]),
)}
${section('Errors', reportTable(errors, { label: 'Errors', links: dashboardLinks, empty: audit.status === 'running' ? 'No errors so far.' : EMPTY_STATES.errors }), { wide: true, note: errors.total > MOST_ERRORS ? html`The first ${MOST_ERRORS} of ${count(errors.total)}: <a href="/errors?audit=${id}">show all</a>.` : null })}
</div>`,
  };
}
