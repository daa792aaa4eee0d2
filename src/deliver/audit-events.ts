import { dayOf } from '../common/day.ts';
import type { Database } from '../database/database.ts';
import { checkFacts, isAccepted } from '../policy/check-image.ts';
import { KINDS } from '../report/kinds/kinds.ts';
import type { AuditSummary } from '../report/report.ts';
import { readRows, recordsOf } from '../report/report-page.ts';
import type { NotifySettings, Settings } from '../settings/settings.ts';
import type { AuditRow } from '../store/audit-store.ts';
import { readFacts } from '../store/check-store.ts';
import { UNOWNED } from '../store/team-store.ts';
import { regressionItems, repositoriesThatGrew } from './regression-items.ts';

/** The events that a notification can be configured for. */
export type EventName = NotifySettings['on'][number];

/** An event of an audit, in the form in which webhooks send it; see docs/delivery.md. Sizes are in bytes. */
export interface AuditEvent {
  readonly event: EventName;
  readonly audit: AuditSummary & {
    /** The number of entries in `report errors`, for tags, repositories and sources. */
    readonly errors: number;
    readonly images: number | null;
    readonly stored_bytes: number | null;
    readonly logical_bytes: number | null;
  };
  /** For `regression`, the repositories that grew, most first; for `budget`, the images over budget. At most 20. */
  readonly items: readonly EventItem[];
  /** The number of all items, including those not in `items`. */
  readonly items_total: number;
}

/** A repository or an image that an event is about. */
export interface EventItem {
  /** A repository, or an image's reference. */
  readonly name: string;
  readonly team: string;
  readonly message: string;
  readonly bytes: number | null;
}

const MOST_ITEMS = 20;
const BUDGET_RULES: ReadonlySet<string> = new Set(['max-image-size', 'max-layers']);

/** The events of an audit that has ended, limited to the wanted ones; it reads only what those need. */
export async function auditEvents(
  db: Database,
  audit: AuditRow,
  settings: Pick<Settings, 'policy'>,
  wanted: ReadonlySet<EventName>,
): Promise<readonly AuditEvent[]> {
  const summary = await readSummary(db, audit);
  const eventOf = (event: EventName, { items, total } = NO_ITEMS): AuditEvent => ({
    event,
    audit: summary,
    items,
    items_total: total,
  });
  if (audit.status === 'failed') return wanted.has('failed') ? [eventOf('failed')] : [];
  const grown = wanted.has('regression') ? await readGrown(db, audit, summary.sources) : NO_ITEMS;
  const over = wanted.has('budget') ? await readOverBudget(db, audit, settings) : NO_ITEMS;
  return [
    ...(wanted.has('finished') ? [eventOf('finished')] : []),
    ...(grown.total > 0 ? [eventOf('regression', grown)] : []),
    ...(over.total > 0 ? [eventOf('budget', over)] : []),
  ];
}

/** The items of an event: the first ones, and the number of all. */
interface Items {
  readonly items: readonly EventItem[];
  readonly total: number;
}
const NO_ITEMS: Items = { items: [], total: 0 };

async function readSummary(db: Database, { id }: AuditRow): Promise<AuditEvent['audit']> {
  const page = await readRows(db, KINDS.audits, { audit: id, limit: 1, now: new Date(0) });
  const [row] = recordsOf(page);
  if (!page.audit || !row) throw new Error(`audit ${id} no longer exists`);
  const known = (name: string): number | null => (row[name] === null ? null : Number(row[name]));
  return {
    ...page.audit,
    errors: Number(row.errors),
    images: known('images'),
    stored_bytes: known('stored_bytes'),
    logical_bytes: known('logical_bytes'),
  };
}

async function readGrown(db: Database, audit: AuditRow, sources: readonly string[]): Promise<Items> {
  const grown = await repositoriesThatGrew(db, audit, sources);
  if (grown.length === 0) return NO_ITEMS;
  return { items: await regressionItems(db, audit, grown.slice(0, MOST_ITEMS)), total: grown.length };
}

async function readOverBudget(db: Database, audit: AuditRow, { policy }: Pick<Settings, 'policy'>): Promise<Items> {
  const today = dayOf(new Date(audit.finishedAt ?? audit.startedAt));
  const items: EventItem[] = [];
  let total = 0;
  if (policy.budgets.length === 0) return { items, total };
  for await (const batch of readFacts(db, audit.id)) {
    const over = batch.flatMap((facts) =>
      checkFacts(facts, policy, today)
        .filter((violation) => BUDGET_RULES.has(violation.rule) && !isAccepted(violation))
        .map(({ reference: name, message }) => ({
          name,
          team: facts.owner.team ?? UNOWNED,
          message,
          bytes: facts.bytes,
        })),
    );
    total += over.length;
    items.push(...over.slice(0, MOST_ITEMS - items.length));
  }
  return { items, total };
}
