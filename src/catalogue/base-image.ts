import type { Digest } from '../oci/digest.ts';

/**
 * An image that others may be built on, as the catalogue stores it. It is never deleted: its tag moves to newer images,
 * but those built on it remain.
 */
export interface BaseImage {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** The digest of the manifest for the platform. */
  readonly digest: Digest;
  /** The digest of the index, if the tag named one. */
  readonly indexDigest?: Digest | undefined;
  readonly platform: string;
  /** The chain ID of all its layers. */
  readonly chainId: Digest;
  readonly layerCount: number;
  /** The pull size in bytes. */
  readonly pullBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly createdAt?: string | undefined;
  /** When the tag was first seen to name this image, ISO 8601. */
  readonly learnedAt: string;
  /** Whether the tag still named this image when it was last read. */
  readonly newest: boolean;
  readonly runtime?: string | undefined;
  readonly runtimeVersion?: string | undefined;
  readonly variant?: string | undefined;
  readonly distro?: string | undefined;
  readonly distroVersion?: string | undefined;
}

/** The properties of an image that do not depend on which tags name it. */
export type BaseContent = Omit<BaseImage, 'registry' | 'repository' | 'tag' | 'indexDigest' | 'learnedAt' | 'newest'>;
