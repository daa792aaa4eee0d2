import type { Context } from '../context.ts';
import { distroOfReference } from '../distro-reference.ts';
import type { DistroName } from '../knowledge/distros.ts';
import { universalBase } from '../universal-base.ts';
import type { BaseVerdict, Signal } from '../verdict.ts';
import { buildpacksBase } from './buildpacks.ts';
import { annotatedBases, type DeclaredBase, labelledBases } from './declared.ts';
import { inferredBase } from './history.ts';
import { baseByDigest, baseByName, cataloguedLayers, longestBase, type ProvenBase } from './layer-chain.ts';
import { contradicted, provenanceBases, provenMaterial, withoutNames } from './materials.ts';
import type { Provenance } from './provenance.ts';

/** The verdict on the base image, with what each signal said. */
export interface BaseFinding {
  readonly verdict: BaseVerdict;
  readonly signals: readonly Signal[];
}

/**
 * The one rule: what the layers prove stands; a declaration picks among proven images by digest, never against them;
 * without layer proof a declaration stands unless the history contradicts it; then the history; else unknown, with
 * the reason.
 */
export function findBase(
  context: Context,
  provenance: Provenance | undefined,
  distro: DistroName | undefined,
): BaseFinding {
  const shown = inferredBase(context, distro);
  const historical = contradicted(shown, provenance) ? withoutNames(shown) : shown;
  const declarations = declaredBases(context, provenance, historical);
  const declared = declarations.find((base) => !contradicts(base, context, distro));
  const verdict =
    provenBase(context, declarations, provenance) ?? (declared ? declaredVerdict(declared, historical) : historical);
  return { verdict, signals: toSignals(context, declarations, historical) };
}

type Declaration = DeclaredBase & { readonly layerCount?: number };

/** All declarations, the most direct first. Of provenance: every material, for the layers pick the base among them. */
function declaredBases(
  context: Context,
  provenance: Provenance | undefined,
  historical: BaseVerdict,
): readonly Declaration[] {
  const buildpacks = buildpacksBase(context);
  return annotatedBases(context).concat(
    labelledBases(context),
    buildpacks ?? [],
    provenanceBases(context, provenance, historical),
  );
}

function provenBase(
  context: Context,
  declarations: readonly Declaration[],
  provenance: Provenance | undefined,
): BaseVerdict | undefined {
  for (const base of declarations) {
    const proven =
      baseByDigest(context, base.digest) ?? (base.digest ? undefined : baseByName(context, base.reference));
    if (proven && mayStandOn(context, base, proven)) return provenVerdict(proven, `${base.signal}+`);
  }
  const material = provenMaterial(context, provenance);
  if (material) return provenVerdict(material, 'provenance+');
  const longest = longestBase(context);
  return longest && provenVerdict(longest, '');
}

/** Annotations and labels may be the base's own, which name what that one stands on; provenance is of this build. */
function mayStandOn(context: Context, { signal }: Declaration, { layerCount }: ProvenBase): boolean {
  return signal === 'provenance' || layerCount >= cataloguedLayers(context);
}

function provenVerdict(base: ProvenBase, signals: string): BaseVerdict {
  const { references, layerCount, digest } = base;
  const evidence = `${signals}layer-chain:${references[0] ?? ''}`;
  return { confidence: 'proven', references, layerCount, evidence, ...(digest ? { digest } : {}) };
}

function declaredVerdict(base: Declaration, historical: BaseVerdict): BaseVerdict {
  const layerCount = base.layerCount ?? historical.layerCount;
  return {
    confidence: 'declared',
    references: [base.reference],
    evidence: `${base.signal}:${base.reference}`,
    ...(base.digest ? { digest: base.digest } : {}),
    ...(layerCount === undefined ? {} : { layerCount }),
  };
}

/** A declaration for another distribution than the root file system's is stale or inherited. */
function contradicts(base: Declaration, context: Context, distro: DistroName | undefined): boolean {
  const rootfs = context.stack.rootfs?.distro ?? universalDistro(context);
  const declared = distroOfReference(base.reference);
  if (!declared || !rootfs) return false;
  if (declared.id !== rootfs.id) return true;
  const version = rootfs.version ?? distro?.version;
  return declared.version !== undefined && version !== undefined && !samePrefix(declared.version, version);
}

/** Red Hat's universal base images, whose root file systems have no name, say in a label which release they are. */
function universalDistro({ input }: Context): DistroName | undefined {
  const base = universalBase(input.config.labels);
  return base && { id: 'rhel', version: base.release };
}

function samePrefix(one: string, other: string): boolean {
  const [short = '', long = ''] = [one, other].sort((a, b) => a.length - b.length);
  return long === short || long.startsWith(`${short}.`);
}

function toSignals(context: Context, declarations: readonly Declaration[], historical: BaseVerdict): readonly Signal[] {
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
