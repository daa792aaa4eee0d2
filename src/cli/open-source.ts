import { createInProcessGovernor } from '../registry/governor/in-process-governor.ts';
import { type OpenRegistryOptions, openRegistry } from '../registry/open-registry.ts';
import type { Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import type { Session } from './prepare.ts';

/**
 * Opens the registry of a source for a command that runs outside an audit, with a governor of its own and notes in the log,
 * unless told otherwise. The caller closes it.
 */
export function openSource(
  { settings, io, log }: Session,
  source: SourceSettings,
  {
    governor = createInProcessGovernor(),
    onNote = (note) => log.warn(note),
  }: Partial<Pick<OpenRegistryOptions, 'governor' | 'onNote'>> = {},
): Promise<Registry> {
  return openRegistry(source, {
    environment: io.environment,
    governor,
    teamKey: settings.teamKey,
    onNote,
  });
}
