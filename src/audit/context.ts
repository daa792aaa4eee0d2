import type { TaskQueue } from '../queue/queue.ts';
import type { Registry } from '../registry/registry.ts';
import type { Settings, SourceSettings } from '../settings/settings.ts';
import type { AuditRow } from '../store/audit-store.ts';
import type { Database } from '../store/database.ts';
import type { AuditClock } from './audit-clock.ts';
import type { BatchWriter } from './batch-writer.ts';
import type { CriteriaReader } from './criteria.ts';
import type { ListingWriter } from './listing-writer.ts';

/** What happened, for logs and metrics; never holds a secret. */
export interface AuditEvents {
  /** @param count tags; untagged manifests are no part of a listing's count */
  itemDone(source: string, outcome: 'audited' | 'unchanged', count: number): void;
  repositoryListed(source: string, repository: string, tags: number): void;
  itemFailed(source: string, item: string, message: string): void;
  /** Once an audit, by the process that closed it. */
  auditEnded(audit: AuditRow): void;
}

/** What the task handlers work with; made once a process by `app/engine.ts`. */
export interface AuditContext extends AuditClock {
  readonly db: Database;
  readonly settings: Settings;
  readonly queue: TaskQueue;
  /** Keeps what batches of tags brought. */
  readonly batches: BatchWriter;
  /** Ends what repositories no longer list. */
  readonly listings: ListingWriter;
  /** What an audit assesses images by. */
  readonly criteriaOf: CriteriaReader;
  /** The registry of a source, opened on first use and closed with the process. */
  readonly registryOf: (source: SourceSettings) => Promise<Registry>;
  readonly events: AuditEvents;
  /** Writes reports and calls webhooks when an audit has ended. */
  readonly deliver: (auditId: number, signal: AbortSignal) => Promise<void>;
}
