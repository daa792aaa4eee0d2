import type { Context } from '../context.ts';
import { distroOfReference } from '../distro-reference.ts';
import { gapMs } from '../history/build-steps.ts';
import { isOfficialName } from '../knowledge/official-images.ts';
import type { BaseVerdict } from '../verdict.ts';
import type { DeclaredBase } from './declared.ts';
import { beginsWithFiles, unknown } from './history.ts';
import { baseByDigest, longestBase, type ProvenBase } from './layer-chain.ts';
import type { Material, Provenance } from './provenance.ts';

/** The Dockerfile in the provenance names the base; else the one material that the history agrees with. */
export function provenanceBases(
  context: Context,
  provenance: Provenance | undefined,
  historical: BaseVerdict,
): readonly DeclaredBase[] {
  if (!provenance) return [];
  const { stages, materials } = provenance;
  if (stages?.base !== undefined) {
    const named = [stages.base, `${stages.base}:latest`];
    const material = materials.find((candidate) => named.includes(candidate.reference));
    return [{ reference: stages.base, signal: 'provenance', ...(material?.digest ? { digest: material.digest } : {}) }];
  }
  if (materials.length === 1) return tellsNoBase(context, historical) ? [] : materials.map(ofMaterial);
  const exact = materials.filter((material) => names(historical).includes(material.reference));
  const alike = exact.length === 1 ? exact : materialsLike(materials, historical);
  return alike.length === 1 && materials.every((other) => other === alike[0] || isWellKnown(other.reference))
    ? alike.map(ofMaterial)
    : [];
}

/** The only image that was resolved may be a stage's where the image stands on nothing, or seems to. */
function tellsNoBase(context: Context, historical: BaseVerdict): boolean {
  return isScratch(historical) || beginsWithFiles(context) || laysDownTree(context);
}

const HOUR_MS = 3_600_000;

/** A tree of no distribution, with no shell of its own and the next step right after: `FROM scratch`, `COPY --from=build /rootfs /`. */
function laysDownTree({ stack: { rootfs }, history }: Context): boolean {
  if (!rootfs || rootfs.tool || rootfs.distro || rootfs.shell !== undefined) return false;
  return gapMs(history.steps[rootfs.end - 1], history.steps[rootfs.end]) < HOUR_MS;
}

/** An image that the history would show if it lay beneath; any other may itself stand on what the history shows. */
function isWellKnown(reference: string): boolean {
  return isOfficialName(lastPart(reference)) || distroOfReference(reference.replace(/:[\w.-]+$/, '')) !== undefined;
}

/** Materials with the repository's own name in any registry: a mirror's `example.com/hub/alpine` is alike `library/alpine`. */
function materialsLike(materials: readonly Material[], historical: BaseVerdict): readonly Material[] {
  const known = new Set(names(historical).map(lastPart));
  return materials.filter((material) => known.has(lastPart(material.reference)));
}

function names(base: BaseVerdict): readonly string[] {
  return base.confidence === 'unknown' ? [] : base.references;
}

/** Where a base ends is still known, but not which it is. */
export function withoutNames({ layerCount }: BaseVerdict): BaseVerdict {
  return { ...unknown('not-in-catalogue'), ...(layerCount === undefined ? {} : { layerCount }) };
}

function isScratch(base: BaseVerdict): boolean {
  return names(base).includes('scratch');
}

function lastPart(reference: string): string {
  return reference.replace(/:[\w.-]+$/, '').replace(/^.*\//, '');
}

/** What the history shows of its bottom is not the base where the build resolved several images and none is like it. */
export function contradicted(historical: BaseVerdict, provenance: Provenance | undefined): boolean {
  const materials = provenance?.materials ?? [];
  const inferred = historical.confidence === 'inferred' && !isScratch(historical);
  return inferred && materials.length > 1 && materialsLike(materials, historical).length === 0;
}

function ofMaterial(material: Material): DeclaredBase {
  return { ...material, signal: 'provenance' };
}

/**
 * The material whose layers are the first of this image; the longest, for a stage may stand on another's base. An index
 * may have been made anew around the same image: then a longer known base has a material's name, and not its digest.
 */
export function provenMaterial(context: Context, provenance: Provenance | undefined): ProvenBase | undefined {
  const materials = provenance?.materials ?? [];
  const proven = materials.flatMap((material) => baseByDigest(context, material.digest) ?? []);
  const [material] = proven.sort((one, other) => other.layerCount - one.layerCount);
  const longest = material && longestBase(context);
  if (!longest || longest.layerCount <= material.layerCount) return material;
  const named = new Set(materials.map(({ reference }) => lastPart(reference)));
  return longest.references.some((reference) => named.has(lastPart(reference))) ? longest : material;
}
