import { MalformedContentError } from '../errors.ts';

/**
 * The path and query of the next page, on the registry itself; undefined after the last page. An absolute address must
 * name the registry's host. Its scheme and port are ignored: a registry behind a proxy states those of its inner side.
 * @param header the `Link` header. @see RFC 8288; distribution-spec, "Listing Tags"
 * @param base the address of this page
 * @throws MalformedContentError for an invalid address, or one on another host
 */
export function nextPagePath(header: string | readonly string[] | undefined, base: URL): string | undefined {
  const target = nextTarget(typeof header === 'string' ? header : (header ?? []).join(', '));
  if (target === undefined) return undefined;
  if (!URL.canParse(target, base.href)) {
    throw new MalformedContentError(
      `${base.host}: the link to the next page is not a valid URL: "${target.slice(0, 200)}"`,
    );
  }
  const url = new URL(target, base);
  if (url.hostname !== base.hostname) {
    throw new MalformedContentError(
      `${base.host}: the next page would be on another host (${url.host}), which is not followed`,
    );
  }
  return url.pathname + url.search;
}

function nextTarget(header: string): string | undefined {
  for (const [, target = '', parameters = ''] of header.matchAll(/<([^<>]*)>([^,<]*)/g)) {
    const relations = parameters.split(';').flatMap(relationsOf);
    // Some registries leave out rel="next"; lists have no other links.
    if (relations.includes('next') || parameters.trim() === '') return target;
  }
  return undefined;
}

function relationsOf(parameter: string): readonly string[] {
  const [name = '', value = ''] = parameter.split('=');
  return name.trim().toLowerCase() === 'rel' ? value.replaceAll('"', ' ').trim().toLowerCase().split(/\s+/) : [];
}
