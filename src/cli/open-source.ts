import { createInProcessGovernor } from '../registry/governor/in-process-governor.ts';
import { openRegistry } from '../registry/open-registry.ts';
import type { Registry, RequestGovernor } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import type { Session } from './prepare.ts';

/** Opens the registry of a source for a command that runs outside an audit. The caller closes it. */
export function openSource(
  { settings, io, log }: Session,
  source: SourceSettings,
  governor = governorOf(source),
): Promise<Registry> {
  return openRegistry(source, {
    environment: io.environment,
    governor,
    teamKey: settings.teamKey,
    onNote: (note) => log.warn(note),
    onRequest: () => undefined,
  });
}

/** Returns a governor that allows as many requests at the same time as the source's settings. */
export function governorOf({ concurrency }: SourceSettings): RequestGovernor {
  return createInProcessGovernor({ settingsFor: () => ({ maxConcurrency: concurrency }) });
}
