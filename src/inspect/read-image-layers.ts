import { checkDiffId } from '../audit/reading/read-layers.ts';
import type { LayerContents } from '../deep/contents.ts';
import { checkReadable, readLayer } from '../deep/read-layer.ts';
import { chainIds } from '../oci/chain-id.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { ListedRepository, Registry } from '../registry/registry.ts';

/**
 * Reads every layer of an image, base first, and checks each against the config.
 * @throws UnsupportedContentError when a layer has a media type that cannot be read
 * @throws the errors of `readLayer`
 */
export async function readImageLayers(
  registry: Registry,
  repository: ListedRepository,
  { manifest, config }: Pick<AuditedImage, 'manifest' | 'config'>,
  signal: AbortSignal,
): Promise<readonly LayerContents[]> {
  const chain = config.diffIds.length === manifest.layers.length ? chainIds(config.diffIds) : [];
  const contents: LayerContents[] = [];
  for (const [position, layer] of manifest.layers.entries()) {
    checkReadable(layer);
    const read = await readLayer(await registry.openBlob(repository, layer, { signal }), layer, { signal });
    const named = chain[position];
    checkDiffId(layer.digest, read.diffId, named ? [{ below: chain[position - 1] ?? null, chain: named }] : []);
    contents.push(read);
  }
  return contents;
}
