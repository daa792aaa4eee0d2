import { printable } from '../common/printable.ts';
import { countOf } from '../html/format.ts';
import { humanBytes } from '../measure/human-bytes.ts';
import type { AuditEvent } from './audit-events.ts';

/** The JSON body of a generic webhook, described in docs/delivery.md. */
export function webhookBody(event: AuditEvent): string {
  return JSON.stringify({ schema: 'slimboard.event/1', ...event });
}

const LINES = 10;

/** The JSON body for the incoming webhooks of Slack, and of Mattermost and others that accept the same. */
export function slackBody(event: AuditEvent): string {
  const items = event.items.slice(0, LINES).map((item) => itemLine(event.event, item));
  const text = [headline(event), ...items].join('\n');
  const rest = event.items_total - LINES;
  return JSON.stringify({ text: rest > 0 ? `${text}\n… and ${rest} more` : text });
}

const HEADLINES: Readonly<Record<AuditEvent['event'], (event: AuditEvent) => string>> = {
  finished: ({ audit }) =>
    `${audit.tags_audited} of ${audit.tags_listed} tags audited, ${audit.tags_failed} failed; ${humanBytes(audit.stored_bytes ?? 0)} stored${incompleteNote(audit)}`,
  regression: ({ items_total }) => `${countOf(items_total, 'repository')} grew`,
  budget: ({ items_total }) => `${countOf(items_total, 'image')} over budget`,
  failed: ({ audit }) => `the audit failed: see "slimboard report errors --audit ${audit.id}"`,
};

/** Counts errors beside failed tags, because a repository that could not be listed has no tags to count. */
function incompleteNote({ id, status, errors }: AuditEvent['audit']): string {
  return status === 'incomplete'
    ? `; incomplete: ${countOf(errors, 'error')} (slimboard report errors --audit ${id})`
    : '';
}

function headline(event: AuditEvent): string {
  return `slimboard audit ${event.audit.id} of ${escaped(event.audit.sources.join(', '))}: ${HEADLINES[event.event](event)}`;
}

/** The line of an item; for budgets it adds no size, because the message contains it. */
function itemLine(event: AuditEvent['event'], { name, team, message, bytes }: AuditEvent['items'][number]): string {
  const size = bytes === null || event === 'budget' ? '' : ` (${humanBytes(bytes)})`;
  return `• ${code(name)} [${code(team)}]: ${code(message)}${size}`;
}

/**
 * Text from a registry as code, so that it cannot mention anybody, contain links or images, or look like a message of
 * slimboard. Slack wants three characters escaped even there.
 * @see Slack API, "Formatting text for app surfaces"; Mattermost, "Slack compatibility": it links every `@name`
 */
function code(text: string): string {
  return `\`${escaped(text).replaceAll('`', "'")}\``;
}

function escaped(text: string): string {
  return printable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
