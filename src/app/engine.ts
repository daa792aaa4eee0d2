import { createAuditClock } from '../audit/audit-clock.ts';
import { createBatchWriter } from '../audit/batch-writer.ts';
import type { AuditContext, AuditEvents } from '../audit/context.ts';
import { type AuditHandlers, createTaskHandlers } from '../audit/handlers.ts';
import { createListingWriter } from '../audit/listing-writer.ts';
import type { RegistryHost } from '../oci/reference.ts';
import type { TaskQueue } from '../queue/queue.ts';
import { shareConnections } from '../registry/connections.ts';
import { concurrencyAt } from '../registry/governed-hosts.ts';
import { createInProcessGovernor } from '../registry/in-process-governor.ts';
import { openRegistry } from '../registry/open-registry.ts';
import type { Registry, RequestGovernor } from '../registry/registry.ts';
import { shareBlobs } from '../registry/shared-blobs.ts';
import type { Environment, Settings, SourceSettings } from '../settings/settings.ts';
import type { Database } from '../store/database.ts';

/** Requests that were sent since the counters were read last. */
export interface RequestCounts {
  requests: number;
  throttled: number;
}

/** What an audit runs with, in this process. Close it to close all that it opened. */
export interface AuditEngine {
  readonly context: AuditContext;
  readonly handlers: AuditHandlers;
  /** Counts requests; whoever reads it sets it back to zero. */
  readonly counts: RequestCounts;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly db: Database;
  readonly queue: TaskQueue;
  readonly events: AuditEvents;
  /** Shared by all workers where there are several; default: this process's own, by what `sources` allow. */
  readonly governor?: RequestGovernor;
  readonly sources?: readonly SourceSettings[];
  readonly onRequest?: (registry: RegistryHost, status: number | undefined) => void;
  readonly onNote: (note: string) => void;
  readonly deliver?: AuditContext['deliver'];
  readonly clock?: () => Date;
}

/** Puts together what the tasks of an audit need. */
export function createAuditEngine(options: EngineOptions): AuditEngine {
  const { settings, db, queue, events } = options;
  const counts: RequestCounts = { requests: 0, throttled: 0 };
  const registries = createRegistries(options, counts);
  const clock = createAuditClock(options.clock ?? (() => new Date()));
  const context: AuditContext = {
    settings,
    db,
    queue,
    batches: createBatchWriter(db, queue, clock.now),
    listings: createListingWriter(db, clock.now),
    events,
    registryOf: registries.of,
    ...clock,
    deliver: options.deliver ?? (async () => undefined),
  };
  return { context, handlers: createTaskHandlers(context), counts, close: registries.close };
}

/** The registries of sources, each opened when it is first asked. */
interface Registries {
  of(source: SourceSettings): Promise<Registry>;
  close(): Promise<void>;
}

function createRegistries(options: EngineOptions, counts: RequestCounts): Registries {
  const opened = new Map<string, Promise<Registry>>();
  const shared = { governor: options.governor ?? ownGovernor(options), connect: shareConnections() };
  const open = (source: SourceSettings): Promise<Registry> =>
    openRegistry(source, {
      ...shared,
      environment: options.environment,
      teamKey: options.settings.teamKey,
      onNote: options.onNote,
      onRequest: (registry, status, throttled) => {
        counts.requests++;
        if (throttled) counts.throttled++;
        options.onRequest?.(registry, status);
      },
    }).then(shareBlobs);
  const close = (opening: Promise<Registry>): Promise<void> =>
    opening.then(
      (registry) => registry.close(),
      () => undefined,
    );
  return {
    of: (source) => openOnce(opened, source, open),
    close: async () => void (await Promise.all([...opened.values()].map(close))),
  };
}

function ownGovernor({ settings, sources = [] }: EngineOptions): RequestGovernor {
  return createInProcessGovernor({
    settingsFor: (registry) => ({
      maxConcurrency: concurrencyAt(registry, sources) ?? settings.sourceDefaults.concurrency,
    }),
  });
}

/** A source with other settings (another audit's flags) is another registry client; one that failed to open is tried again. */
function openOnce(
  registries: Map<string, Promise<Registry>>,
  source: SourceSettings,
  open: (source: SourceSettings) => Promise<Registry>,
): Promise<Registry> {
  const key = JSON.stringify(source);
  const known = registries.get(key);
  if (known) return known;
  const opening = open(source);
  registries.set(key, opening);
  opening.catch(() => registries.delete(key));
  return opening;
}
