import { isDeepStrictEqual } from 'node:util';
import { SettingsError } from '../errors.ts';
import { compileGlobs, isGlob } from './glob.ts';
import type { EcrSource, OciSource, SourceSettings } from './settings.ts';

/**
 * Targets that name parts of one source become one: its regions, its repositories, or tags of the same repositories
 * together.
 * @throws SettingsError where together they would take more than they name, or less
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
  if (PARTS.filter((partOf) => !isDeepStrictEqual(partOf(a), partOf(b))).length > 1) throw cannotMerge(a);
  const exclude = union(a.exclude, b.exclude);
  for (const source of [a, b]) checkNamed(source, exclude);
  const common = { include: union(a.include, b.include), exclude, tags: union(a.tags, b.tags) };
  if (a.kind === 'ecr' && b.kind === 'ecr') return { ...a, ...common, ...mergedRegions(a, b) };
  if (a.kind === 'oci' && b.kind === 'oci') return { ...mergedRepositories(a, b), ...common };
  throw cannotMerge(a);
}

/** Two parts that differ in more than one of these would be crossed: `a:1` and `b:2` would take `a:2` and `b:1` as well. */
const PARTS: readonly ((source: SourceSettings) => unknown)[] = [
  (source) => (source.kind === 'ecr' ? [source.account, source.regions] : source.registry),
  ({ include }) => include,
  ({ tags }) => tags,
];

function cannotMerge({ name }: SourceSettings): SettingsError {
  return new SettingsError(
    `${name}: an audit takes several of its regions, several repositories, or several tags of the same repositories; audit targets that differ otherwise one after the other`,
  );
}

/** What is left out in general is read where it is named, and only then. */
function checkNamed(source: SourceSettings, exclude: readonly string[]): void {
  const [isLeftOut, isLeftOutAlone] = [compileGlobs(exclude), compileGlobs(source.exclude)];
  const lost = source.include.find((name) => !isGlob(name) && isLeftOut(name) && !isLeftOutAlone(name));
  if (lost !== undefined)
    throw new SettingsError(`${source.name}: "exclude" leaves out ${lost}: audit it by itself, without other targets`);
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
