import type { ContentKind } from '../oci/content-kind.ts';
import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { MissingChild } from '../store/index-store.ts';
import type { KnownTag } from '../store/inventory-store.ts';

/** What the database knows already, as far as a batch needs it. */
export interface KnownContent {
  tags(tags: readonly Tag[]): Promise<ReadonlyMap<Tag, KnownTag>>;
  manifests(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ContentKind>>;
  missingChildren(indexes: readonly Digest[]): Promise<readonly MissingChild[]>;
  readBodies(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>>;
  /**
   * Those that are not to be read as children: the listing has them, as archived or as another task's. Absent where a
   * listing tells tags alone.
   */
  listedElsewhere?(digests: readonly Digest[]): Promise<ReadonlySet<Digest>>;
}
