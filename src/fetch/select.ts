import { compileGlobs, isGlob, type Matcher } from '../common/glob.ts';
import type { ListedManifest } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';

/** Whether a source's settings take a repository, by its name. */
export function repositorySelector(source: SourceSettings): Matcher {
  const include = compileGlobs(source.include);
  const exclude = compileGlobs(source.exclude);
  const named = new Set(source.named);
  const configured = source.kind === 'oci' && source.repositories ? compileGlobs(source.repositories) : () => true;
  return (name) => configured(name) && include(name) && (!exclude(name) || named.has(name));
}

/** Whether a source asks for some repositories, not only leaves some out: then none at all is a mistake of somebody's. */
export function namesRepositories({ include }: SourceSettings): boolean {
  return !include.includes('**');
}

/** The tags that a source asks for by name, where it names its one repository too; elsewhere `tags` only selects. */
export function namedTags({ include, tags }: SourceSettings): readonly string[] {
  const [repository = '**', ...others] = include;
  return others.length > 0 || isGlob(repository) ? [] : tags.filter((tag) => !isGlob(tag));
}

/** Whether a source's settings take every tag, if it is among the newest asked for. */
function takesAnyTag({ tags }: SourceSettings): boolean {
  return tags.includes('**') || tags.includes('*');
}

/** Whether a source's settings take all that its repositories hold. */
export function takesAllTags(source: SourceSettings): boolean {
  return source.newest === 'all' && takesAnyTag(source);
}

/** Whether a source's settings take a tag, by its name; untagged manifests are taken when no tags are asked for. */
export function tagSelector(source: SourceSettings): (listed: ListedManifest) => boolean {
  const everything = takesAnyTag(source);
  const matches = compileGlobs(source.tags);
  return ({ tag }) => (tag === undefined ? everything : matches(tag));
}

/**
 * The newest `count` tags: by the date of their push where the registry tells it, else by name as versions sort
 * (`1.10` after `1.9`), with `latest` first. Untagged manifests are left out.
 */
export function newestTags<T extends ListedManifest>(listed: readonly T[], count: number): readonly T[] {
  return listed
    .filter(({ tag }) => tag !== undefined)
    .sort(byNewest)
    .slice(0, count);
}

const collator = new Intl.Collator('en', { numeric: true });

function byNewest(a: ListedManifest, b: ListedManifest): number {
  const byDate = (b.pushedAt ?? '').localeCompare(a.pushedAt ?? '');
  if (byDate !== 0) return byDate;
  if (a.tag === 'latest' || b.tag === 'latest') return a.tag === 'latest' ? -1 : 1;
  return collator.compare(b.tag ?? '', a.tag ?? '');
}
