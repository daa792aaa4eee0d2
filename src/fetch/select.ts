import { compileGlobs, isGlob, type Matcher } from '../common/glob.ts';
import { rememberOf } from '../common/remember.ts';
import { isReferrerTag } from '../oci/content-kind.ts';
import type { ListedManifest } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';

/** Returns whether a source's settings select a repository, by its name. */
export function repositorySelector(source: SourceSettings): Matcher {
  const include = compileGlobs(source.include);
  const exclude = compileGlobs(source.exclude);
  const named = new Set(source.named);
  const configured = source.kind === 'oci' && source.repositories ? compileGlobs(source.repositories) : () => true;
  return (name) => configured(name) && include(name) && (!exclude(name) || named.has(name));
}

/** Whether a source names the repositories it wants, so that finding none of them is an error. */
export function namesRepositories({ include }: SourceSettings): boolean {
  return !include.includes('**');
}

/**
 * The tags that a source names, if it also names its one repository; otherwise `tags` only selects among what is
 * listed.
 */
export function namedTags({ include, tags }: SourceSettings): readonly string[] {
  const [repository = '**', ...others] = include;
  return others.length > 0 || isGlob(repository) ? [] : tags.filter((tag) => !isGlob(tag));
}

/** Whether a source's settings select tags of any name. */
function takesAnyTag({ tags }: SourceSettings): boolean {
  return tags.includes('**') || tags.includes('*');
}

/** Whether a source's settings select everything in its repositories. */
export function takesAllTags(source: SourceSettings): boolean {
  return source.newest === 'all' && takesAnyTag(source);
}

/**
 * Returns whether a source's settings select a tag, by its name. Untagged manifests are selected if tags of any name
 * are.
 */
export const tagSelector = rememberOf((source: SourceSettings) => {
  const everything = takesAnyTag(source);
  const matches = compileGlobs(source.tags);
  return ({ tag }: { readonly tag?: string | undefined }): boolean => (tag === undefined ? everything : matches(tag));
});

/**
 * The newest `count` tags, newest first: by push date if the registry tells it, else `latest` first and then by name as
 * versions are sorted (`1.10` is newer than `1.9`). Tags of referrers come last, so that signatures take no image's
 * place. Untagged manifests are left out.
 */
export function newestTags<T extends ListedManifest>(listed: readonly T[], count: number): readonly T[] {
  return listed
    .filter(({ tag }) => tag !== undefined)
    .sort(byNewest)
    .slice(0, count);
}

/**
 * Yields what the settings select of a listing: page by page, or at its end if they select only the newest tags.
 * @param onPage gets each page whole
 */
export async function* selectPages(
  pages: AsyncIterable<readonly ListedManifest[]>,
  settings: SourceSettings,
  onPage: (page: readonly ListedManifest[]) => void,
): AsyncGenerator<readonly ListedManifest[]> {
  const selects = tagSelector(settings);
  let newest: readonly ListedManifest[] = [];
  for await (const page of pages) {
    onPage(page);
    const selected = page.filter(selects);
    if (settings.newest === 'all') yield selected;
    else newest = newestTags([...newest, ...selected], settings.newest);
  }
  if (settings.newest !== 'all') yield newest;
}

const collator = new Intl.Collator('en', { numeric: true });

function byNewest(a: ListedManifest, b: ListedManifest): number {
  const { tag: aTag = '', pushedAt: aPushedAt = '' } = a;
  const { tag: bTag = '', pushedAt: bPushedAt = '' } = b;
  return (
    Number(isReferrerTag(aTag)) - Number(isReferrerTag(bTag)) ||
    bPushedAt.localeCompare(aPushedAt) ||
    Number(bTag === 'latest') - Number(aTag === 'latest') ||
    collator.compare(bTag, aTag)
  );
}
