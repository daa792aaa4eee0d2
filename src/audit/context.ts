import type { Database } from '../database/database.ts';
import type { GroupWriter } from '../database/group-writer.ts';
import type { TaskQueue, TaskReference } from '../queue/queue.ts';
import type { Registry } from '../registry/registry.ts';
import type { Settings, SourceSettings } from '../settings/settings.ts';
import type { AuditRow, AuditStage } from '../store/audit-store.ts';
import type { ItemError } from '../store/error-store.ts';
import type { DoneSoFar } from '../store/progress-store.ts';
import type { CriteriaReader } from './assessing/criteria.ts';
import type { Audit } from './audit.ts';
import type { AuditClock } from './audit-clock.ts';
import type { ReadListing } from './listing/listing-writer.ts';
import type { ReadBatch } from './reading/batch-writer.ts';
import type { LimitedSources } from './reading/read-manifests.ts';

/** Events of an audit, for logs and metrics. Their texts contain no secrets. */
export interface AuditEvents {
  /** Called before all others, in a single process that goes on with an audit, with what was done of it before. */
  resumed(done: DoneSoFar): void;
  /** @param count tags; untagged manifests are not counted */
  itemDone(outcome: 'audited' | 'unchanged', count: number): void;
  repositoryListed(source: string, repository: string, tags: number): void;
  itemFailed(source: string, error: ItemError, auditId: number): void;
  /** Called before any of them is read, in the process that begins or resumes to read them. */
  layersListed(count: number): void;
  /** A layer was read, or cannot be. */
  layerDone(): void;
  /** Called at most once for each stage, in the process that began it, or that resumed the audit after the inventory. */
  stageBegan(stage: AuditStage): void;
  /** Called at most once for each audit, in the process that ended it. */
  auditEnded(audit: AuditRow): void;
}

/** What the task handlers work with. `app/engine.ts` creates one in each process. */
export interface AuditContext extends AuditClock {
  readonly db: Database;
  readonly settings: Settings;
  readonly queue: TaskQueue;
  /** Stores what batches of tags read. */
  readonly batches: GroupWriter<ReadBatch>;
  /** Ends the tags that repositories no longer list. */
  readonly listings: GroupWriter<ReadListing>;
  /** What an audit assesses images by. */
  readonly criteriaOf: CriteriaReader;
  /** The registry of a source, opened on first use and closed with the process. */
  readonly registryOf: (source: SourceSettings) => Promise<Registry>;
  /** The sources of which batches are stored a few tags at a time, because their registry put one off. */
  readonly limited: LimitedSources;
  readonly events: AuditEvents;
  /** Writes reports and calls webhooks when an audit has ended. */
  readonly deliver: (auditId: number, signal: AbortSignal) => Promise<void>;
}

/** A task of an audit, as its handler gets it. */
export interface Work<Payload> {
  readonly context: AuditContext;
  readonly audit: Audit;
  readonly task: TaskReference;
  readonly payload: Payload;
  /** Aborts when the task is to be given back. */
  readonly signal: AbortSignal;
}
