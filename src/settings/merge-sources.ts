import { isDeepStrictEqual } from 'node:util';
import { SettingsError } from '../errors.ts';
import type { EcrSource, OciSource, SourceSettings } from './settings.ts';

/**
 * Merges targets that are parts of the same source into one source with all their regions, repositories and tags. Tags
 * apply to every repository: `a:1` and `b:2` together also select `a:2` and `b:1`, if they exist.
 * @throws SettingsError when it is not certain that sources of one name are the same
 */
export function mergeSources(sources: readonly SourceSettings[]): readonly SourceSettings[] {
  const merged = new Map<string, SourceSettings>();
  for (const source of sources) {
    const other = merged.get(source.name);
    merged.set(source.name, other ? mergeTwo(other, source) : source);
  }
  return [...merged.values()];
}

function mergeTwo(a: SourceSettings, b: SourceSettings): SourceSettings {
  const common = {
    include: union(a.include, b.include),
    named: union(a.named ?? [], b.named ?? []),
    tags: union(a.tags, b.tags),
  };
  if (a.kind === 'ecr' && b.kind === 'ecr') return { ...a, ...common, ...mergedRegions(a, b) };
  if (a.kind === 'oci' && b.kind === 'oci') return { ...mergedRepositories(a, b), ...common };
  throw cannotMerge(a);
}

function cannotMerge({ name }: SourceSettings): SettingsError {
  return new SettingsError(
    `${name}: one audit can read regions of one account only, and each must be named: audit these targets one after the other`,
  );
}

function mergedRegions(a: EcrSource, b: EcrSource): Pick<EcrSource, 'regions'> {
  if (isDeepStrictEqual(a.regions, b.regions)) return {};
  // Without regions, the environment decides later: which region that is, is not known here.
  if (!a.regions || !b.regions || a.account !== b.account) throw cannotMerge(a);
  return { regions: union(a.regions, b.regions) };
}

/** A source without `repositories` lists all repositories of the registry, so it covers the other one's. */
function mergedRepositories(a: OciSource, b: OciSource): OciSource {
  const { repositories, ...whole } = a;
  if (!repositories || !b.repositories) return whole;
  return { ...whole, repositories: union(repositories, b.repositories) };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
