import { SettingsError } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';

/**
 * Finds what is wrong with sources by opening their registries, which sends nothing yet.
 * @returns a line for each source that cannot be opened, such as one of Amazon ECR without a region: its name, and why
 */
export async function findSourceMistakes(
  sources: readonly SourceSettings[],
  registryOf: (source: SourceSettings) => Promise<Registry>,
): Promise<readonly string[]> {
  const found = await Promise.all(sources.map(async (source) => mistakeIn(source, registryOf)));
  return found.filter((mistake) => mistake !== undefined);
}

async function mistakeIn(
  source: SourceSettings,
  registryOf: (source: SourceSettings) => Promise<Registry>,
): Promise<string | undefined> {
  try {
    await registryOf(source);
    return undefined;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return `${source.name}: ${error.message}`;
  }
}
