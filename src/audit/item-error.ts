import type { SlimboardError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryHost } from '../oci/reference.ts';
import type { ListedManifest, ListedRepository } from '../registry/registry.ts';
import type { Item, ItemError } from '../store/error-store.ts';
import type { Audit } from './audit.ts';
import type { AuditContext } from './context.ts';

/** The part of an error row that says what happened. */
export type ErrorDetails = Omit<ItemError, keyof Item>;

/** The details of an expected failure. */
export function errorDetails({ code, message, retry }: SlimboardError): ErrorDetails {
  return { code, message, retry: retry.kind };
}

interface ItemNames {
  readonly registry?: RegistryHost | '' | undefined;
  /** The repository's. */
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
  readonly digest?: Digest | '' | undefined;
}

/** The part of an error row that says to what it happened: a tag, a manifest, a repository or, without names, the source. */
export function itemOf(sourceId: number, { registry = '', name = '', tag = '', digest = '' }: ItemNames = {}): Item {
  return { sourceId, registry, repository: name, tag, digest };
}

/** The error row of an item that failed as expected. */
export function itemError(sourceId: number, names: ItemNames, error: SlimboardError): ItemError {
  return { ...itemOf(sourceId, names), ...errorDetails(error) };
}

/** Reports errors of an audit's items to `events`. */
export function reportErrors({ events }: AuditContext, audit: Audit, errors: readonly ItemError[]): void {
  for (const error of errors) {
    const source = audit.sources.find(({ id }) => id === error.sourceId);
    events.itemFailed(source?.settings.name ?? '', error, audit.id);
  }
}

/** The items of a batch: its tags, and its manifests without a tag. */
export function listedItems(
  sourceId: number,
  { registry, name }: ListedRepository,
  listed: readonly ListedManifest[],
): readonly Item[] {
  return listed.map(({ tag, digest }) =>
    itemOf(sourceId, { registry, name, tag, digest: tag === undefined ? digest : undefined }),
  );
}

/** An item's name in logs. A failure below a tag goes by the tag: its message names the content. */
export function itemName({ registry, repository, tag, digest }: Item): string {
  const name = [registry, repository].filter((part) => part !== '').join('/');
  if (tag !== '') return `${name}:${tag}`;
  return digest === '' ? name : `${name}@${digest}`;
}
