import { type Context, layersBefore } from '../context.ts';
import { distroOfReference } from '../distro.ts';
import { gapMs } from '../history/build-steps.ts';
import type { DistroName } from '../knowledge/distros.ts';
import type { BaseVerdict, Signal, UnknownReason } from '../verdict.ts';
import { buildpacksBase } from './buildpacks.ts';
import { annotatedBases, type DeclaredBase, labelledBases } from './declared.ts';
import { baseByDigest, baseByName, longestBase, type ProvenBase } from './layer-chain.ts';
import { namesOf } from './naming.ts';
import type { Material, Provenance } from './provenance.ts';
import { windowsNames } from './windows.ts';

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
  const verdict =
    provenBase(context, declarations, provenance) ??
    declarations
      .filter((base) => !contradicts(base, context, distro))
      .map((base) => declaredVerdict(base, historical))[0] ??
    historical;
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
  return [
    ...annotatedBases(context),
    ...labelledBases(context),
    ...(buildpacks ? [buildpacks] : []),
    ...provenanceBases(provenance, historical),
  ];
}

/** The Dockerfile in the provenance names the base; else the one material that the history agrees with. */
function provenanceBases(provenance: Provenance | undefined, historical: BaseVerdict): readonly Declaration[] {
  if (!provenance) return [];
  const { stages, materials } = provenance;
  if (stages?.base !== undefined) {
    const material = materials.find((candidate) => candidate.reference === stages.base);
    return [{ reference: stages.base, signal: 'provenance', ...(material?.digest ? { digest: material.digest } : {}) }];
  }
  if (materials.length === 1) return isScratch(historical) ? [] : materials.map(ofMaterial);
  const [exact, ...others] = materials.filter((material) => names(historical).includes(material.reference));
  if (exact && others.length === 0) return [ofMaterial(exact)];
  const alike = materialsLike(materials, historical);
  return alike.length === 1 ? alike.map(ofMaterial) : [];
}

/** Materials with the repository's own name in any registry: a mirror's `example.com/hub/alpine` is alike `library/alpine`. */
function materialsLike(materials: readonly Material[], historical: BaseVerdict): readonly Material[] {
  const known = new Set(names(historical).map(lastPart));
  return materials.filter((material) => known.has(lastPart(material.reference)));
}

function names(base: BaseVerdict): readonly string[] {
  return base.confidence === 'unknown' ? [] : base.references;
}

function withoutNames({ layerCount }: BaseVerdict): BaseVerdict {
  return { ...unknown('not-in-catalogue'), ...(layerCount === undefined ? {} : { layerCount }) };
}

function isScratch(base: BaseVerdict): boolean {
  return names(base).includes('scratch');
}

function lastPart(reference: string): string {
  return reference.replace(/:[\w.-]+$/, '').replace(/^.*\//, '');
}

/** What the history shows of its bottom is not the base where the build resolved several images and none is like it. */
function contradicted(historical: BaseVerdict, provenance: Provenance | undefined): boolean {
  const materials = provenance?.materials ?? [];
  return materials.length > 1 && !isScratch(historical) && materialsLike(materials, historical).length === 0;
}

function ofMaterial(material: Material): Declaration {
  return { ...material, signal: 'provenance' };
}

function provenBase(
  context: Context,
  declarations: readonly Declaration[],
  provenance: Provenance | undefined,
): BaseVerdict | undefined {
  for (const base of declarations) {
    const proven =
      baseByDigest(context, base.digest) ?? (base.digest ? undefined : baseByName(context, base.reference));
    if (proven) return provenVerdict(proven, `${base.signal}+`);
  }
  const material = provenMaterial(context, provenance);
  if (material) return provenVerdict(material, 'provenance+');
  const longest = longestBase(context);
  return longest && provenVerdict(longest, '');
}

/** The material whose layers are the first of this image; the longest, for a stage may stand on another's base. */
function provenMaterial(context: Context, provenance: Provenance | undefined): ProvenBase | undefined {
  const proven = (provenance?.materials ?? []).flatMap((material) => baseByDigest(context, material.digest) ?? []);
  return proven.sort((one, other) => other.layerCount - one.layerCount)[0];
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
  const rootfs = context.stack.rootfs?.distro;
  const declared = distroOfReference(base.reference);
  if (!declared || !rootfs) return false;
  if (declared.id !== rootfs.id) return true;
  const version = rootfs.version ?? distro?.version;
  return declared.version !== undefined && version !== undefined && !samePrefix(declared.version, version);
}

function samePrefix(one: string, other: string): boolean {
  const [short = '', long = ''] = [one, other].sort((a, b) => a.length - b.length);
  return long === short || long.startsWith(`${short}.`);
}

/** What the history alone shows: the image that the own steps begin on. */
function inferredBase(context: Context, distro: DistroName | undefined): BaseVerdict {
  const { stack, history } = context;
  if (history.steps.every((step) => step.verb === 'NONE' && step.comment === ''))
    return { confidence: 'unknown', reason: 'no-history' };
  const layerCount = layersBefore(context, stack.ownStart);
  const at = stack.images.length - 1;
  if (at < 0) return bottomVerdict(context);
  const references =
    at === 0 && context.input.config.os === 'windows' ? windowsNames(context) : namesOf(context, at, distro);
  const boundary = layerCount === undefined ? {} : { layerCount };
  if (references.length === 0) return { confidence: 'unknown', reason: 'not-in-catalogue', ...boundary };
  return {
    confidence: 'inferred',
    references,
    evidence: `history:${evidenceOf(context, at, references)}`,
    ...boundary,
  };
}

function evidenceOf(context: Context, at: number, references: readonly string[]): string {
  const image = context.stack.images[at];
  if (image?.kind === 'rootfs') return (context.stack.rootfs?.evidence || 'rootfs').slice(0, 60);
  return image?.kind === 'named' ? `FROM ${references[0] ?? ''}` : (references.at(-1) ?? '');
}

/** Nothing was recognised beneath the own steps: they are all there is, or what is beneath cannot be seen. */
function bottomVerdict(context: Context): BaseVerdict {
  const { history, stack } = context;
  if (isSquashed(context)) return unknown('squashed');
  const first = history.steps.find((step) => !SETTINGS.has(step.verb));
  const builds = first?.verb === 'COPY' || first?.verb === 'ADD' || stack.rootfs !== undefined;
  if (!builds || !history.aligned || stack.rootfs?.tool === 'bazel' || hasPause(context))
    return unknown('not-in-catalogue');
  return { confidence: 'inferred', references: ['scratch'], evidence: 'history:first layer is its own', layerCount: 0 };
}

const SETTINGS = new Set([
  'ARG',
  'CMD',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
]);
const DAY_MS = 86_400_000;

/** Steps days apart are the work of several builds, whatever the lowest of them was called. */
function hasPause({ history }: Context): boolean {
  return history.steps.some((step, at) => gapMs(history.steps[at - 1], step) >= DAY_MS);
}

function isSquashed({ history, input }: Context): boolean {
  const making = history.steps.filter(
    (step) => step.verb === 'RUN' || step.verb === 'COPY' || step.verb === 'ADD',
  ).length;
  const flattened = history.steps.some(
    (step) => step.args.startsWith('crane flatten') || step.comment.startsWith('merge sha256:'),
  );
  return flattened || (input.manifest.layers.length === 1 && making > 1);
}

function unknown(reason: UnknownReason): BaseVerdict {
  return { confidence: 'unknown', reason };
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
  return [...chain, ...named, { name: 'history', says: history }];
}
