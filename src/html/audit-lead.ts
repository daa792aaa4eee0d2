import { sum } from '../common/sum.ts';
import type { NewestAudit } from '../report/audit-summary.ts';
import type { AuditSummary } from '../report/report.ts';
import { count, countOf, moment } from './format.ts';

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
  const named = audits.flatMap((audit) => audit.sources);
  const sources = [...new Set(named)];
  const figures = sources.length < named.length ? outcome(audits) : coverage(audits);
  return `Newest audits of ${namesOf(sources)} · latest ${time} · ${figures}`;
}

function namesOf(sources: readonly string[]): string {
  const named = sources.slice(0, MOST_NAMED).join(', ');
  return sources.length > MOST_NAMED ? `${named} and ${countOf(sources.length - MOST_NAMED, 'other source')}` : named;
}

/**
 * What reports cover, where a source was audited again after an audit of several: what audits listed and read is known
 * by audit only, and would count that source twice.
 */
function outcome(audits: readonly ShownAudit[]): string {
  const failed = sum(audits.map(({ items_failed = 0 }) => items_failed));
  return `${reported(audits)}${failed > 0 ? ` · ${countOf(failed, 'item')} failed` : ''}`;
}

function reported(audits: readonly ShownAudit[]): string {
  return `reports cover ${countOf(coveredTags(audits), 'tag')}`;
}

function coveredTags(audits: readonly ShownAudit[]): number {
  return sum(audits.map((audit) => audit.tags_covered ?? audit.tags_listed));
}

function coverage(audits: readonly ShownAudit[]): string {
  const all = (numberOf: (audit: ShownAudit) => number): number => sum(audits.map(numberOf));
  const listed = all((audit) => audit.tags_listed);
  const skipped = all((audit) => audit.tags_skipped);
  const failed = all((audit) => audit.tags_failed);
  const others = all((audit) => audit.other_items_failed ?? 0);
  return [
    `${count(all((audit) => audit.tags_audited))} of ${countOf(listed, 'tag')} audited`,
    skipped > 0 ? `, ${count(skipped)} skipped by settings or not images` : '',
    failed > 0 ? `, ${count(failed)} failed` : '',
    others > 0 ? ` · ${countOf(others, 'other item')} failed` : '',
    coveredTags(audits) === listed ? '' : ` · ${reported(audits)}`,
  ].join('');
}
