import { MalformedContentError } from '../errors.ts';

/**
 * The address of the next page; undefined after the last page. Only the query of the `Link` header is used: the next
 * page is one of the same list, but a registry behind a proxy states host and port of its inner side, Artifactory
 * leaves the repository's first part out of the path, and Nexus adds a path of its own.
 * @param header the `Link` header. @see RFC 8288; distribution-spec, "Listing Tags"
 * @param page the address of this page
 * @throws MalformedContentError for an invalid address
 */
export function nextPage(header: string | readonly string[] | undefined, page: URL): URL | undefined {
  const target = nextTarget(typeof header === 'string' ? header : (header ?? []).join(', '));
  if (target === undefined) return undefined;
  if (!URL.canParse(target, page.href))
    throw new MalformedContentError(
      `${page.host}: the link to the next page is not a valid URL: "${target.slice(0, 200)}"`,
    );
  const next = new URL(page);
  next.search = new URL(target, page).search;
  return next;
}

/** A target, in angle brackets or bare (Quay has left them out), and its parameters, whose quoted values may have commas. */
const LINK = /(?:<([^<>]*)>|([^\s<>,;"]+))\s*((?:;(?:"(?:[^"\\]|\\.)*"?|[^",;<])*)*)/g;

function nextTarget(header: string): string | undefined {
  for (const [, target, bare, parameters = ''] of header.matchAll(LINK)) {
    const isNext = parameters.split(';').flatMap(relationsOf).includes('next');
    // Some registries leave out rel="next"; lists have no other links.
    if (isNext || (target !== undefined && parameters === '')) return target ?? bare;
  }
  return undefined;
}

function relationsOf(parameter: string): readonly string[] {
  const [name = '', value = ''] = parameter.split('=');
  return name.trim().toLowerCase() === 'rel' ? value.replaceAll('"', ' ').trim().toLowerCase().split(/\s+/) : [];
}
