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
  const countsOf = (
    name: 'tags_listed' | 'tags_audited' | 'tags_skipped' | 'tags_failed' | 'other_items_failed',
  ): number => sum(audits.map((audit) => audit[name] ?? 0));
  const skipped =
    countsOf('tags_skipped') > 0 ? `, ${count(countsOf('tags_skipped'))} skipped by settings or not images` : '';
  const failed = countsOf('tags_failed') > 0 ? `, ${count(countsOf('tags_failed'))} failed` : '';
  const others =
    countsOf('other_items_failed') > 0 ? ` · ${countOf(countsOf('other_items_failed'), 'other item')} failed` : '';
  const covered = sum(audits.map((audit) => audit.tags_covered ?? audit.tags_listed));
  const all = covered === countsOf('tags_listed') ? '' : ` · reports cover ${countOf(covered, 'tag')}`;
  return `${count(countsOf('tags_audited'))} of ${countOf(countsOf('tags_listed'), 'tag')} audited${skipped}${failed}${others}${all}`;
}
