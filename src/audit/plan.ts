import { PromiseCache } from '../common/promise-cache.ts';
import type { Queryable } from '../database/database.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { findAudit, listAuditSources } from '../store/audit-store.ts';
import type { AuditClock } from './audit-clock.ts';

/** A source in an audit. */
export interface PlannedSource {
  readonly id: number;
  readonly settings: SourceSettings;
}

/** An audit as the task handlers see it. */
export interface AuditPlan {
  readonly auditId: number;
  readonly sources: readonly PlannedSource[];
  /** The row ids of `sources`. */
  readonly sourceIds: readonly number[];
}

/** A worker that lives for years sees many audits; it needs only the running ones. */
const MAX_PLANS = 100;

/**
 * Creates a reader of plans that reads each once, because an audit's options never change. It also moves the audit
 * clock to the audit's start, so that no time of the audit lies before it.
 */
export function createPlanReader(db: Queryable, clock: AuditClock): (auditId: number) => Promise<AuditPlan> {
  const plans = new PromiseCache<number, AuditPlan>(MAX_PLANS);
  return (auditId) => plans.get(auditId, () => readPlan(db, clock, auditId));
}

async function readPlan(db: Queryable, clock: AuditClock, auditId: number): Promise<AuditPlan> {
  const audit = await findAudit(db, auditId);
  if (!audit) throw new Error(`there is no audit ${auditId}`);
  clock.notBefore(audit.startedAt);
  const ids = new Map((await listAuditSources(db, auditId)).map(({ id, name }) => [name, id]));
  const sources = audit.options.sources.flatMap((settings) => {
    const id = ids.get(settings.name);
    return id === undefined ? [] : [{ id, settings }];
  });
  return { auditId, sources, sourceIds: sources.map(({ id }) => id) };
}

/** @throws Error when the audit does not cover the source */
export function plannedSource(plan: AuditPlan, name: string): PlannedSource {
  const source = plan.sources.find(({ settings }) => settings.name === name);
  if (!source) throw new Error(`audit ${plan.auditId} has no source ${name}`);
  return source;
}
