import { SettingsError } from '../errors.ts';
import { mergeSources } from '../settings/merge-sources.ts';
import type { Settings, SourceSettings } from '../settings/settings.ts';
import { sourcesOf } from '../settings/target.ts';

/** The flags that select what a target may select, too. */
export interface SelectionFlags {
  readonly include?: readonly string[];
  readonly tags?: readonly string[];
}

/**
 * The sources that targets name, each once.
 * @throws SettingsError as {@link sourcesOf} and {@link mergeSources} do, and if a target names the repositories or tags
 * that a flag is to select: the flag would be ignored
 */
export function wantedSources(
  targets: readonly string[],
  settings: Settings,
  { include, tags }: SelectionFlags,
): readonly SourceSettings[] {
  const sources = mergeSources(sourcesOf(targets, settings));
  const withRepositories = include && targets.find((target) => target.includes('/'));
  if (withRepositories) throw new SettingsError(`${withRepositories} names repositories: leave --include out`);
  const withTag = tags && targets.find((target) => /\/.*:/.test(target));
  if (withTag) throw new SettingsError(`${withTag} names a tag: leave --tags out`);
  return sources;
}
