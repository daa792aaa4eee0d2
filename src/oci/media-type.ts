import { anyOf } from '../common/any-of.ts';

/** Media types of OCI image-spec (media-types.md) and of Docker's image manifest version 2. */
export const MEDIA_TYPE = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  inToto: 'application/vnd.in-toto+json',
  dsseEnvelope: 'application/vnd.dsse.envelope.v1+json',
  cosignSimpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  notarySignature: 'application/vnd.cncf.notary.signature',
} as const;

/**
 * The manifest types to send in `Accept`. All of them are needed: if one is missing, a registry may convert the
 * manifest or pick a platform.
 */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifestList,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerSchema1Signed,
  MEDIA_TYPE.dockerSchema1,
];

/** Whether a media type is that of an OCI image index or a Docker manifest list. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociIndex || mediaType === MEDIA_TYPE.dockerManifestList;
}

/** Whether a media type is that of a Docker schema 1 manifest, signed or not. */
export function isSchema1MediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.dockerSchema1 || mediaType === MEDIA_TYPE.dockerSchema1Signed;
}

/** Whether a media type is that of an OCI or Docker image config. */
export function isImageConfigMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociConfig || mediaType === MEDIA_TYPE.dockerConfig;
}

// Two optional suffixes follow tar: compression, "+gzip" or "+zstd" (OCI) or ".gzip" (Docker); and encryption,
// "+encrypted" (OCI) or ".enc" (Docker), @see containers/ocicrypt, spec. Nydus stores a file system in its own blob
// formats.
const FILE_SYSTEM_LAYER = anyOf(
  [
    /oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:[.+](?:gzip|zstd))?(?:[.+]enc(?:rypted)?)?/,
    /docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:[.+](?:gzip|zstd))?(?:[.+]enc(?:rypted)?)?/,
    /oci\.image\.layer\.nydus\.(?:blob|bootstrap)\.v1/,
  ],
  '^application/vnd\\.',
  '$',
);

/** Whether a layer of this type is part of a file system, as opposed to an artifact's content. */
export function isFileSystemLayer(mediaType: string): boolean {
  return FILE_SYSTEM_LAYER.test(mediaType);
}

/**
 * Whether a layer of this type is listed with a size but stored outside the registry (base layers of Windows).
 * @see image-spec, layer.md, "Non-Distributable Layers"
 */
export function isForeignLayer(mediaType: string): boolean {
  return mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.');
}

/** Why the files of a layer of this type cannot be read, as a predicate: `is encrypted`. Undefined if they can be. */
export function whyUnreadable(mediaType: string): string | undefined {
  if (isForeignLayer(mediaType)) return 'is stored outside the registry';
  if (/[.+]enc(?:rypted)?$/.test(mediaType)) return 'is encrypted';
  return mediaType.includes('.nydus.blob.') ? 'is a Nydus blob, not a tar archive' : undefined;
}

/** A Content-Type without parameters, in lower case: `Application/JSON; charset=utf-8` gives `application/json`. */
export function bareMediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
