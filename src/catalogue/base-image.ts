import type { Digest } from '../oci/digest.ts';

/** An image that others may be built on, as the catalogue keeps it. Kept for ever: tags roll on, chains stay. */
export interface BaseImage {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** Of the manifest for its platform. */
  readonly digest: Digest;
  /** Of the index that the tag named, if it named one. */
  readonly indexDigest?: Digest;
  readonly platform: string;
  /** Of all its layers. */
  readonly chainId: Digest;
  readonly layerCount: number;
  /** Bytes. */
  readonly pullBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** When the tag was first read to name it, ISO 8601. */
  readonly learnedAt: string;
  /** Whether the tag named it when it was last read. */
  readonly newest: boolean;
  readonly runtime?: string;
  readonly runtimeVersion?: string;
  readonly variant?: string;
  readonly distro?: string;
  readonly distroVersion?: string;
}

/** What an image is, whatever tags name it. */
export type BaseContent = Omit<BaseImage, 'registry' | 'repository' | 'tag' | 'indexDigest' | 'learnedAt' | 'newest'>;
