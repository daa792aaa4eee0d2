import { ContentMismatchError, UnsupportedContentError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { whyUnreadable } from '../oci/media-type.ts';
import type { ListedRepository, Registry } from '../registry/registry.ts';
import type { LayerContents } from './contents.ts';
import { type LayerToRead, readLayer } from './read-layer.ts';

/** Where a layer is fetched from. */
export interface LayerOrigin {
  readonly registry: Registry;
  readonly repository: ListedRepository;
  readonly signal: AbortSignal;
}

/**
 * Fetches a layer and reads it whole.
 * @param isExpected whether configs of images that have the layer name this diffID for it
 * @throws UnsupportedContentError when its media type says that its files cannot be read; it is not fetched then
 * @throws ContentMismatchError when it unpacks to another diffID; not to be tried again, as the bytes are the right ones
 * @throws the errors of {@link readLayer}
 */
export async function fetchLayer(
  { registry, repository, signal }: LayerOrigin,
  layer: LayerToRead & Pick<Descriptor, 'mediaType'>,
  isExpected: (diffId: Digest) => boolean,
): Promise<LayerContents> {
  const { digest, mediaType, size } = layer;
  const reason = whyUnreadable(mediaType);
  if (reason) throw new UnsupportedContentError(`layer ${digest} ${reason} (${mediaType}), and is not read`);
  const descriptor = { digest, mediaType, size: typeof size === 'number' ? size : size.atMost, annotations: {} };
  const contents = await readLayer(await registry.openBlob(repository, descriptor, { signal }), layer, { signal });
  if (isExpected(contents.diffId)) return contents;
  throw new ContentMismatchError(
    `layer ${digest} unpacks to ${contents.diffId}, which is not what the configs of its images say`,
    { retry: { kind: 'never' } },
  );
}
