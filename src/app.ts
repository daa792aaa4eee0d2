import { createAuditClock } from './audit/audit-clock.ts';
import { createBatchWriter } from './audit/batch-writer.ts';
import type { AuditContext, AuditEvents } from './audit/context.ts';
import { type AuditHandlers, createTaskHandlers } from './audit/handlers.ts';
import { createListingWriter } from './audit/listing-writer.ts';
import type { RegistryHost } from './oci/reference.ts';
import type { TaskQueue } from './queue/queue.ts';
import { shareConnections } from './registry/connections.ts';
import { concurrencyAt } from './registry/governed-hosts.ts';
import { createInProcessGovernor } from './registry/in-process-governor.ts';
import { openRegistry } from './registry/open-registry.ts';
import type { Registry, RequestGovernor } from './registry/registry.ts';
import { shareBlobs } from './registry/shared-blobs.ts';
import type { Environment, Settings, SourceSettings } from './settings/settings.ts';
import type { Database } from './store/database.ts';

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

/** Puts together what the tasks of an audit need; registries are opened when they are first asked. */
export function createAuditEngine(options: EngineOptions): AuditEngine {
  const { settings, db, queue, events } = options;
  const counts: RequestCounts = { requests: 0, throttled: 0 };
  const governor =
    options.governor ??
    createInProcessGovernor({
      settingsFor: (registry) => ({
        maxConcurrency: concurrencyAt(registry, options.sources ?? []) ?? settings.sourceDefaults.concurrency,
      }),
    });
  const registries = new Map<string, Promise<Registry>>();
  const connect = shareConnections();
  const open = (source: SourceSettings): Promise<Registry> => {
    const opening = openRegistry(source, {
      environment: options.environment,
      governor,
      connect,
      teamKey: settings.teamKey,
      onNote: options.onNote,
      onRequest: (registry, status, throttled) => {
        counts.requests++;
        if (throttled) counts.throttled++;
        options.onRequest?.(registry, status);
      },
    });
    return opening.then(shareBlobs);
  };
  const clock = createAuditClock(options.clock ?? (() => new Date()));
  const context: AuditContext = {
    settings,
    db,
    queue,
    batches: createBatchWriter(db, queue, clock.now),
    listings: createListingWriter(db, clock.now),
    events,
    registryOf: (source) => openOnce(registries, source, open),
    ...clock,
    deliver: options.deliver ?? (async () => undefined),
  };
  return {
    context,
    handlers: createTaskHandlers(context),
    counts,
    async close() {
      for (const registry of registries.values()) {
        await registry.then(
          (opened) => opened.close(),
          () => undefined,
        );
      }
    },
  };
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
