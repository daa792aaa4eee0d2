import { type Digest, isDigest } from '../../oci/digest.ts';
import { BASE_NAME } from '../../oci/manifest.ts';
import type { Context } from '../context.ts';
import type { BuildStep } from '../history/build-steps.ts';
import { makesLayer, setsStart } from '../history/instruction.ts';
import { normaliseReference, withoutTag } from './references.ts';

/** A base image that the builder named, not yet compared with any layers. */
export interface DeclaredBase {
  readonly reference: string;
  readonly digest?: Digest;
  /** Where the builder named it. */
  readonly signal: 'annotation' | 'index-annotation' | 'label' | 'provenance' | 'buildpacks';
  /** The number of its layers, if the builder states it. */
  readonly layerCount?: number;
}

const DIGEST = 'org.opencontainers.image.base.digest';
/** An annotation that only Docker Official Images have. @see docker-library/meta-scripts */
const OFFICIAL_IMAGE = 'com.docker.official-images.bashbrew.arch';
const REFERENCE = /^[a-z0-9][a-z0-9._:/@-]{0,255}(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?$/i;

/**
 * The bases named by annotations of the manifest, then of the index. Empty annotations, which buildah writes for
 * scratch, are ignored.
 * @see image-spec, annotations.md
 */
export function annotatedBases(context: Context): readonly DeclaredBase[] {
  const { manifest, indexAnnotations = {} } = context.input;
  const own = hasInheritedAnnotations(context) ? [] : readDeclaration(manifest.annotations, 'annotation');
  const ofIndex = readDeclaration(indexAnnotations, 'index-annotation');
  return ofIndex.length === 0 ? own : [...own, ...ofIndex.map(untagged)];
}

/**
 * Whether the annotations are a copy of the base's. Kaniko copied them: on an image built on an official one, they then
 * name what the official image is built on. BuildKit builds the official images and does not copy annotations.
 * @see GoogleContainerTools/kaniko issue 3312
 */
function hasInheritedAnnotations({ input, own }: Context): boolean {
  return input.manifest.annotations[OFFICIAL_IMAGE] !== undefined && own.at(-1)?.tool !== 'buildkit';
}

/**
 * Drops the tag if there is a digest. Index annotations are added after the build, by hand or by a later tool, and have
 * been seen with a stale tag next to a correct digest.
 */
function untagged(base: DeclaredBase): DeclaredBase {
  return base.digest ? { ...base, reference: withoutTag(base.reference) } : base;
}

/**
 * The bases named by labels with the same keys. Labels are inherited, so they count only if this image's own build
 * wrote them: by the .NET SDK as the last step, or by a LABEL among the own steps.
 */
export function labelledBases({ input, history, own }: Context): readonly DeclaredBase[] {
  const bases = readDeclaration(input.config.labels, 'label');
  if (bases.length === 0 || history.steps.at(-1)?.author === '.NET SDK') return bases;
  const labelled = own.findLastIndex((step) => step.verb === 'LABEL' && step.args.includes(BASE_NAME));
  return labelled >= 0 && !mayHaveBuildOnTop(own.slice(labelled)) ? bases : [];
}

/**
 * Whether another build may follow, in which case the label is its base's. Layers after a CMD or ENTRYPOINT suggest
 * one; without dates there is no further evidence.
 */
function mayHaveBuildOnTop(steps: readonly BuildStep[]): boolean {
  const command = steps.findIndex(({ verb }) => setsStart(verb));
  return command >= 0 && steps.slice(command).some((step) => makesLayer(step.verb));
}

function readDeclaration(
  annotations: Readonly<Record<string, string>>,
  signal: DeclaredBase['signal'],
): readonly DeclaredBase[] {
  const name = annotations[BASE_NAME]?.trim() ?? '';
  if (!REFERENCE.test(name)) return [];
  const digest = annotations[DIGEST]?.trim() ?? '';
  return [{ reference: normaliseReference(name), signal, ...(isDigest(digest) ? { digest } : {}) }];
}
