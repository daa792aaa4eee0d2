import { HOUR_MS } from '../../common/units.ts';
import type { Context } from '../context.ts';
import { distroOfReference } from '../distro-reference.ts';
import { gapMs } from '../history/build-steps.ts';
import { isOfficialReference } from '../knowledge/official-images.ts';
import { type BaseVerdict, baseNamesOf, isScratch } from '../verdict.ts';
import type { DeclaredBase } from './declared.ts';
import { beginsWithFiles, unknownBase } from './history.ts';
import { baseByDigest, longestBase, type ProvenBase } from './layer-chain.ts';
import type { Material } from './provenance.ts';
import { withoutTag } from './references.ts';

/** The base according to the provenance: from its Dockerfile, or else the one material that agrees with the history. */
export function provenanceBases(context: Context, historical: BaseVerdict): readonly DeclaredBase[] {
  const { stages, materials } = context.provenance;
  if (stages?.base !== undefined) {
    const named = [stages.base, `${stages.base}:latest`];
    const material = materials.find((candidate) => named.includes(candidate.reference));
    return [{ reference: stages.base, signal: 'provenance', ...(material?.digest ? { digest: material.digest } : {}) }];
  }
  if (materials.length === 1) return mayBeFromScratch(context, historical) ? [] : materials.map(declarationOf);
  const exact = materials.filter((material) => baseNamesOf(historical).includes(material.reference));
  const candidates = exact.length === 1 ? exact : materialsLike(materials, historical);
  return candidates.length === 1 && materials.every((other) => other === candidates[0] || isWellKnown(other.reference))
    ? candidates.map(declarationOf)
    : [];
}

/** Whether the image is, or seems to be, built on scratch. The only material may then belong to another stage. */
function mayBeFromScratch(context: Context, historical: BaseVerdict): boolean {
  return isScratch(historical) || beginsWithFiles(context) || startsWithTree(context);
}

/**
 * Whether the first layer is a whole file tree that is no distribution's and sets no shell, with the next step less
 * than an hour later: `FROM scratch`, `COPY --from=build /rootfs /`.
 */
function startsWithTree({ stack: { rootfs }, history }: Context): boolean {
  if (!rootfs || rootfs.tool || rootfs.distro || rootfs.shell !== undefined) return false;
  return gapMs(history.steps[rootfs.end - 1], history.steps[rootfs.end]) < HOUR_MS;
}

/**
 * Whether a history would show this image if it were beneath. Others may themselves be built on what the history shows.
 */
function isWellKnown(reference: string): boolean {
  return isOfficialReference(reference) || distroOfReference(withoutTag(reference)) !== undefined;
}

/** Materials whose repository has the same last part: a mirror's `example.com/hub/alpine` is like `library/alpine`. */
function materialsLike(materials: readonly Material[], historical: BaseVerdict): readonly Material[] {
  const known = new Set(baseNamesOf(historical).map(lastPart));
  return materials.filter((material) => known.has(lastPart(material.reference)));
}

/** The verdict without the base's names; its layer count stays known. */
export function withoutNames({ layerCount }: BaseVerdict): BaseVerdict {
  return { ...unknownBase('not-in-catalogue'), ...(layerCount === undefined ? {} : { layerCount }) };
}

function lastPart(reference: string): string {
  return withoutTag(reference).replace(/^.*\//, '');
}

/**
 * Whether the provenance contradicts an inferred base: the build resolved several images, none of them like the base.
 */
export function isContradicted({ provenance: { materials } }: Context, historical: BaseVerdict): boolean {
  const isInferred = historical.confidence === 'inferred' && !isScratch(historical);
  return isInferred && materials.length > 1 && materialsLike(materials, historical).length === 0;
}

function declarationOf(material: Material): DeclaredBase {
  return { ...material, signal: 'provenance' };
}

/**
 * The longest material whose layers are the first of this image: shorter ones may be what the base is built on. An
 * index may have been rebuilt around the same image, which changes its digest: then a longer known base counts if it
 * has a material's name.
 */
export function provenMaterial(context: Context): ProvenBase | undefined {
  const { materials } = context.provenance;
  const proven = materials.flatMap((material) => baseByDigest(context, material.digest) ?? []);
  const [material] = proven.sort((one, other) => other.layerCount - one.layerCount);
  const longest = material && longestBase(context);
  if (!longest || longest.layerCount <= material.layerCount) return material;
  const named = new Set(materials.map(({ reference }) => lastPart(reference)));
  return longest.references.some((reference) => named.has(lastPart(reference))) ? longest : material;
}
