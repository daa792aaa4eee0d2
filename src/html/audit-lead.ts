import { sum } from '../common/sum.ts';
import type { NewestAudit } from '../report/audit-summary.ts';
import type { AuditSummary } from '../report/report.ts';
import { count, countOf, moment } from './figures.ts';

/** At most this many sources are named; the others are counted. */
const MOST_NAMED = 4;

/** An audit; of newest ones it is known how much reports cover beside what they read. */
type ShownAudit = AuditSummary & Partial<NewestAudit>;

/**
 * One line for the top of a page: which audits its figures come from, how much of the registries they read, and how
 * many tags the figures cover if that is another number.
 * @param audits the latest first
 */
export function auditLead(audits: readonly ShownAudit[]): string {
  const [last] = audits;
  if (!last) return 'No audit has finished yet: run "slimboard audit HOST".';
  const time = last.finished_at === null ? 'still running' : moment(last.finished_at);
  if (audits.length === 1) return `Audit ${last.id} of ${namesOf(last.sources)} · ${time} · ${coverage(audits)}`;
  const sources = [...new Set(audits.flatMap((audit) => audit.sources))];
  return `Newest audits of ${namesOf(sources)} · latest ${time} · ${coverage(audits)}`;
}

function namesOf(sources: readonly string[]): string {
  const named = sources.slice(0, MOST_NAMED).join(', ');
  return sources.length > MOST_NAMED ? `${named} and ${countOf(sources.length - MOST_NAMED, 'other source')}` : named;
}

function coverage(audits: readonly ShownAudit[]): string {
  const all = (numberOf: (audit: ShownAudit) => number): number => sum(audits.map(numberOf));
  const listed = all((audit) => audit.tags_listed);
  const skipped = all((audit) => audit.tags_skipped);
  const failed = all((audit) => audit.tags_failed);
  const others = all((audit) => audit.other_items_failed ?? 0);
  const covered = all((audit) => audit.tags_covered ?? audit.tags_listed);
  return [
    `${count(all((audit) => audit.tags_audited))} of ${countOf(listed, 'tag')} audited`,
    skipped > 0 ? `, ${count(skipped)} skipped by settings or not images` : '',
    failed > 0 ? `, ${count(failed)} failed` : '',
    others > 0 ? ` · ${countOf(others, 'other item')} failed` : '',
    covered === listed ? '' : ` · reports cover ${countOf(covered, 'tag')}`,
  ].join('');
}
