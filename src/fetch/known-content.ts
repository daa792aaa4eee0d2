import type { ContentKind } from '../oci/content-kind.ts';
import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { MissingChild } from '../store/index-store.ts';
import type { KnownTag } from '../store/inventory-store.ts';

/** Queries to the database for what a batch need not read again. Maps lack what is unknown. */
export interface KnownContent {
  /** What each tag named when it was last read. */
  tags(tags: readonly Tag[]): Promise<ReadonlyMap<Tag, KnownTag>>;
  /** The kinds of stored manifests. */
  manifests(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ContentKind>>;
  /** Children that stored indexes list and that are not stored. */
  missingChildren(indexes: readonly Digest[]): Promise<readonly MissingChild[]>;
  /** Stored contents of configs and provenance. */
  readBodies(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>>;
  /**
   * Digests not to be read as children, because the listing contains them: as archived, or in another task's batch.
   * Absent if the listing contains only tags.
   */
  listedElsewhere?(digests: readonly Digest[]): Promise<ReadonlySet<Digest>>;
}

/** What is left where nothing stored is to be believed (`--full`): what the listing contains. */
export function withoutStored(known: KnownContent): KnownContent {
  const nothing = async () => new Map();
  return { ...known, tags: nothing, manifests: nothing, readBodies: nothing };
}
