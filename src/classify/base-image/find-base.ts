import type { Context } from '../context.ts';
import { distroOfReference } from '../distro-reference.ts';
import { universalBase } from '../editions.ts';
import type { DistroName } from '../knowledge/distros.ts';
import type { BaseVerdict, Signal } from '../verdict.ts';
import { buildpacksBase } from './buildpacks.ts';
import { annotatedBases, type DeclaredBase, labelledBases } from './declared.ts';
import { inferredBase } from './history.ts';
import { baseByDigest, baseByName, cataloguedLayers, longestBase, type ProvenBase } from './layer-chain.ts';
import { isContradicted, provenanceBases, provenMaterial, withoutNames } from './materials.ts';

/** The verdict on the base image, and what each signal says of it. */
export interface FoundBase {
  readonly verdict: BaseVerdict;
  readonly signals: readonly Signal[];
}

/**
 * Finds the base image, by one rule. Layer digests decide; a declaration may choose among the images that they prove,
 * by digest or name, but never contradict them. Without layer proof, a declaration counts unless the root file system
 * contradicts it; then the history counts; otherwise the base is unknown, with a reason.
 */
export function findBase(context: Context, distro: DistroName | undefined): FoundBase {
  const inferred = inferredBase(context, distro);
  const historical = isContradicted(context, inferred) ? withoutNames(inferred) : inferred;
  const declarations = declaredBases(context, historical);
  const declared = declarations.find((base) => !contradicts(base, context, distro));
  const verdict = provenBase(context, declarations) ?? (declared ? declaredVerdict(declared, historical) : historical);
  return { verdict, signals: toSignals(context, declarations, historical) };
}

/** All declarations, most direct first. A provenance may give several, among which the layers decide. */
function declaredBases(context: Context, historical: BaseVerdict): readonly DeclaredBase[] {
  return annotatedBases(context).concat(
    labelledBases(context),
    buildpacksBase(context) ?? [],
    provenanceBases(context, historical),
  );
}

function provenBase(context: Context, declarations: readonly DeclaredBase[]): BaseVerdict | undefined {
  for (const base of declarations) {
    const proven =
      baseByDigest(context, base.digest) ?? (base.digest ? undefined : baseByName(context, base.reference));
    if (proven && isPlausible(context, base, proven)) return provenVerdict(proven, `${base.signal}+`);
  }
  const material = provenMaterial(context);
  if (material) return provenVerdict(material, 'provenance+');
  const longest = longestBase(context);
  return longest && provenVerdict(longest, '');
}

/**
 * Whether a declaration may name this image's own base. Annotations and labels may be inherited from the base, and then
 * name the base's base, which has fewer layers than a catalogued image beneath. Provenance is always about this build.
 */
function isPlausible(context: Context, { signal }: DeclaredBase, { layerCount }: ProvenBase): boolean {
  return signal === 'provenance' || layerCount >= cataloguedLayers(context);
}

function provenVerdict(base: ProvenBase, signals: string): BaseVerdict {
  const { references, layerCount, digest } = base;
  const evidence = `${signals}layer-chain:${references[0] ?? ''}`;
  return { confidence: 'proven', references, layerCount, evidence, ...(digest ? { digest } : {}) };
}

function declaredVerdict(base: DeclaredBase, historical: BaseVerdict): BaseVerdict {
  const layerCount = base.layerCount ?? historical.layerCount;
  return {
    confidence: 'declared',
    references: [base.reference],
    evidence: `${base.signal}:${base.reference}`,
    ...(base.digest ? { digest: base.digest } : {}),
    ...(layerCount === undefined ? {} : { layerCount }),
  };
}

/**
 * Whether a declaration names another distribution or release than the root file system's, so it is stale or inherited.
 */
function contradicts(base: DeclaredBase, context: Context, distro: DistroName | undefined): boolean {
  const rootfs = context.stack.rootfs?.distro ?? universalDistro(context);
  const declared = distroOfReference(base.reference);
  if (!declared || !rootfs) return false;
  if (declared.id !== rootfs.id) return true;
  const version = rootfs.version ?? distro?.version;
  return declared.version !== undefined && version !== undefined && !isSameRelease(declared.version, version);
}

/**
 * The distribution of a Red Hat universal base image. Its root file system has no name, but a label states the release.
 */
function universalDistro({ input }: Context): DistroName | undefined {
  const base = universalBase(input.config.labels);
  return base && { id: 'rhel', version: base.release };
}

/** Whether two versions are equal as far as both go: `12` and `12.5`. */
function isSameRelease(one: string, other: string): boolean {
  const [short = '', long = ''] = [one, other].sort((a, b) => a.length - b.length);
  return long === short || long.startsWith(`${short}.`);
}

function toSignals(
  context: Context,
  declarations: readonly DeclaredBase[],
  historical: BaseVerdict,
): readonly Signal[] {
  const chain = context.input.bases.map((base) => ({
    name: `layer-chain (${base.origin})`,
    says: `${base.references.join(';')}: ${base.layerCount} of ${context.input.manifest.layers.length} layers`,
  }));
  const named = declarations.map((base) => ({
    name: base.signal,
    says: base.reference + (base.digest ? `@${base.digest}` : ''),
  }));
  const history = historical.confidence === 'unknown' ? historical.reason : historical.references.join(';');
  return chain.concat(named, { name: 'history', says: history });
}
