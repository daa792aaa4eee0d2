import { createCriteriaReader } from '../audit/assessing/criteria.ts';
import { createAuditClock } from '../audit/audit-clock.ts';
import type { AuditContext, AuditEvents } from '../audit/context.ts';
import { type AuditHandlers, createTaskHandlers } from '../audit/handlers.ts';
import { createListingWriter } from '../audit/listing/listing-writer.ts';
import { createBatchWriter } from '../audit/reading/batch-writer.ts';
import { LimitedSources } from '../audit/reading/read-manifests.ts';
import { PromiseCache } from '../common/promise-cache.ts';
import type { Database } from '../database/database.ts';
import type { TaskQueue } from '../queue/queue.ts';
import { shareConnections } from '../registry/connections.ts';
import { createInProcessGovernor } from '../registry/governor/in-process-governor.ts';
import { openRegistry } from '../registry/open-registry.ts';
import type { PlaceOptions, Registry, RequestGovernor } from '../registry/registry.ts';
import { shareBlobs } from '../registry/shared-blobs.ts';
import type { Environment, Settings, SourceSettings } from '../settings/settings.ts';

/** What audits run with in this process. */
export interface AuditEngine {
  readonly context: AuditContext;
  readonly handlers: AuditHandlers;
  /** Closes the registries that were opened. */
  close(): Promise<void>;
}

/** What an engine works with. */
export interface EngineOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly db: Database;
  readonly queue: TaskQueue;
  readonly events: AuditEvents;
  /** A governor that all workers share; default: one for this process. */
  readonly governor?: RequestGovernor<PlaceOptions>;
  /** Called after each request to a registry. @param throttled whether the registry answered 429 or 503 */
  readonly onRequest?: (throttled: boolean) => void;
  readonly onNote: (note: string) => void;
  readonly deliver?: AuditContext['deliver'];
  readonly clock?: () => Date;
}

/** Creates an engine. Registries are opened when they are first used. */
export function createAuditEngine(options: EngineOptions): AuditEngine {
  const { settings, db, queue, events } = options;
  const registries = createRegistries(options);
  const clock = createAuditClock(options.clock ?? (() => new Date()));
  const context: AuditContext = {
    settings,
    db,
    queue,
    batches: createBatchWriter(db, queue, clock.now),
    listings: createListingWriter(db, clock.now),
    events,
    criteriaOf: createCriteriaReader(settings, clock.now),
    registryOf: registries.of,
    limited: new LimitedSources(),
    ...clock,
    deliver: options.deliver ?? (async () => undefined),
  };
  return { context, handlers: createTaskHandlers(context), close: registries.close };
}

/** The registries of sources. `of` opens a registry when it is first used. */
function createRegistries(options: EngineOptions) {
  // Keyed by all settings of a source: the same source in an audit with other flags needs another client.
  const opened = new PromiseCache<string, Registry>();
  const governor = options.governor ?? createInProcessGovernor();
  const connect = shareConnections();
  const open = (source: SourceSettings): Promise<Registry> =>
    openRegistry(source, {
      governor,
      connect,
      environment: options.environment,
      teamKey: options.settings.teamKey,
      onNote: options.onNote,
      onRequest: options.onRequest,
    }).then(shareBlobs);
  const close = (opening: Promise<Registry>): Promise<void> =>
    opening.then(
      (registry) => registry.close(),
      () => undefined,
    );
  return {
    of: (source: SourceSettings) => opened.get(JSON.stringify(source), () => open(source)),
    close: async () => void (await Promise.all([...opened.values()].map(close))),
  };
}
