import { PromiseCache } from '../common/promise-cache.ts';
import type { Queryable } from '../database/database.ts';
import type { Lane } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { findAudit, listAuditSources } from '../store/audit-store.ts';
import type { AuditClock } from './audit-clock.ts';

/** A source in an audit. */
export interface AuditSource {
  readonly id: number;
  readonly settings: SourceSettings;
}

/** An audit as the task handlers see it. */
export interface Audit {
  readonly id: number;
  /** The lane of all its tasks. */
  readonly lane: Lane;
  readonly sources: readonly AuditSource[];
  /** The row ids of `sources`. */
  readonly sourceIds: readonly number[];
}

/** A worker that lives for years sees many audits; it needs only the running ones. */
const MAX_KEPT = 100;

/**
 * Creates a reader of audits that reads each once, because an audit's options never change. It also moves the clock to
 * the audit's start, so that no time of the audit lies before it.
 */
export function createAuditReader(db: Queryable, clock: AuditClock): (auditId: number) => Promise<Audit> {
  const audits = new PromiseCache<number, Audit>(MAX_KEPT);
  return (auditId) => audits.get(auditId, () => readAudit(db, clock, auditId));
}

async function readAudit(db: Queryable, clock: AuditClock, auditId: number): Promise<Audit> {
  const row = await findAudit(db, auditId);
  if (!row) throw new Error(`there is no audit ${auditId}`);
  clock.notBefore(row.startedAt);
  const ids = new Map((await listAuditSources(db, auditId)).map(({ id, name }) => [name, id]));
  const sources = row.options.sources.flatMap((settings) => {
    const id = ids.get(settings.name);
    return id === undefined ? [] : [{ id, settings }];
  });
  return { id: auditId, lane: row.lane, sources, sourceIds: sources.map(({ id }) => id) };
}

/** @throws Error when the audit does not cover the source */
export function sourceOf(audit: Audit, name: string): AuditSource {
  const source = audit.sources.find(({ settings }) => settings.name === name);
  if (!source) throw new Error(`audit ${audit.id} has no source ${name}`);
  return source;
}
