import { isDeepStrictEqual } from 'node:util';
import { SettingsError } from '../errors.ts';
import type { EcrSource, OciSource, SourceSettings } from './settings.ts';

/**
 * Targets that name parts of one source become one, with all their regions, repositories and tags: `a:1` and `b:2`
 * together take `a:2` and `b:1`, too, where there are such tags.
 * @throws SettingsError where it is not known whether they are parts of one
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
    `${name}: one audit takes regions of one account, each by its name: audit such targets one after the other`,
  );
}

function mergedRegions(a: EcrSource, b: EcrSource): Pick<EcrSource, 'regions'> {
  if (isDeepStrictEqual(a.regions, b.regions)) return {};
  // Which region is meant where none is named, the environment tells later.
  if (!a.regions || !b.regions || a.account !== b.account) throw cannotMerge(a);
  return { regions: union(a.regions, b.regions) };
}

/** Without a list of them, all repositories of the registry are listed. */
function mergedRepositories(a: OciSource, b: OciSource): OciSource {
  const { repositories, ...whole } = a;
  if (!repositories || !b.repositories) return whole;
  return { ...whole, repositories: union(repositories, b.repositories) };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
