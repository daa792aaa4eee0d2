import { classifyImage } from '../classify/classify-image.ts';
import type { LayerClass } from '../classify/verdict.ts';
import type { Queryable } from '../database/database.ts';
import { NotFoundError } from '../errors.ts';
import { type ComparedImage, diffImages } from '../measure/compare.ts';
import { digestBytes } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { parseManifest } from '../oci/manifest.ts';
import { type ImageDetail, readImageDetail } from './image-detail.ts';
import { resolveImage } from './resolve-image.ts';

/** Two stored images, and how they differ. */
export type Comparison = Awaited<ReturnType<typeof compareStored>>;

/**
 * Compares two stored images, each named as {@link resolveImage} takes it.
 * @throws NotFoundError when one of them is not stored, or was stored without its config
 */
export async function compareStored(db: Queryable, oldName: string, newName: string) {
  const before = await readImageDetail(db, await resolveImage(db, oldName));
  const after = await readImageDetail(db, await resolveImage(db, newName));
  return { before, after, diff: diffImages(await readCompared(db, before), await readCompared(db, after)) };
}

async function readCompared(db: Queryable, detail: ImageDetail): Promise<ComparedImage> {
  const [stored] = await db.query<{ manifest: Uint8Array | null; mediaType: string; config: Uint8Array | null }>(
    `select m.body as manifest, m.media_type as "mediaType", c.body as config from manifest m left join blob c on c.id = m.config_id where m.digest = $1`,
    [digestBytes(detail.digest)],
  );
  const manifest = stored?.manifest ? parseManifest(stored.manifest, stored.mediaType) : undefined;
  if (!stored?.config || manifest?.form !== 'manifest')
    throw new NotFoundError(`cannot compare ${detail.digest}: its config is not stored`);
  const config = parseImageConfig(stored.config);
  const verdict = classifyImage({ manifest, config, provenance: [], bases: [] });
  // Layer classes come from the audit, which knew the base images; the classifier does not know them here.
  const layers = detail.layers.map(({ class: name, instruction }) => ({ class: name as LayerClass, instruction }));
  return { manifest, config, verdict: { ...verdict, layers } };
}
