import type { Digest } from '../../oci/digest.ts';
import { isDigest } from '../../oci/digest.ts';
import type { Context } from '../context.ts';
import type { BuildStep } from '../history/build-steps.ts';
import { makesLayer } from '../history/instruction.ts';
import { normaliseReference } from './naming.ts';

/** A base image that a builder named, layers unseen. */
export interface DeclaredBase {
  readonly reference: string;
  readonly digest?: Digest;
  /** `annotation`, `index-annotation`, `label`, `provenance`, `buildpacks`. */
  readonly signal: string;
}

/** The annotation, or label, that names the base. */
export const BASE_NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';
/** An annotation of Docker Official Images only. @see docker-library/meta-scripts */
const OF_OFFICIAL = 'com.docker.official-images.bashbrew.arch';
const REFERENCE = /^[a-z0-9][a-z0-9._:/@-]{0,255}(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?$/i;

/** The base annotations of manifest and index. Empty ones, which buildah writes for scratch, say nothing. @see image-spec, annotations.md */
export function annotatedBases(context: Context): readonly DeclaredBase[] {
  const { manifest, indexAnnotations = {} } = context.input;
  const own = hasInheritedAnnotations(context) ? [] : declared(manifest.annotations, 'annotation');
  const ofIndex = declared(indexAnnotations, 'index-annotation');
  return ofIndex.length === 0 ? own : [...own, ...ofIndex.map(untagged)];
}

/**
 * Kaniko copied its base's annotations: those of an official image, which BuildKit builds, then tell what that one stands on.
 * @see GoogleContainerTools/kaniko issue 3312
 */
function hasInheritedAnnotations({ input, own }: Context): boolean {
  return input.manifest.annotations[OF_OFFICIAL] !== undefined && own.at(-1)?.tool !== 'buildkit';
}

/**
 * Annotations of an index are added after the build, by hand or by a later tool: there tags have been seen to go stale
 * beside a right digest. The digest decides, and the tag is left out.
 */
function untagged(base: DeclaredBase): DeclaredBase {
  return base.digest ? { ...base, reference: base.reference.replace(/:[\w.-]+$/, '') } : base;
}

/**
 * The same keys as labels. Labels are inherited, so they count only where the image's own build wrote them: by the
 * .NET SDK as the last step, or by a LABEL among the image's own steps.
 */
export function labelledBases({ input, history, own }: Context): readonly DeclaredBase[] {
  const bases = declared(input.config.labels, 'label');
  if (bases.length === 0 || history.steps.at(-1)?.author === '.NET SDK') return bases;
  const labelled = own.findLastIndex((step) => step.verb === 'LABEL' && step.args.includes(BASE_NAME));
  return labelled >= 0 && !maybeBuiltUpon(own.slice(labelled)) ? bases : [];
}

/** Work after a CMD or ENTRYPOINT may be another build's, and the label its base's; without dates nothing tells. */
function maybeBuiltUpon(steps: readonly BuildStep[]): boolean {
  const command = steps.findIndex((step) => step.verb === 'CMD' || step.verb === 'ENTRYPOINT');
  return command >= 0 && steps.slice(command).some((step) => makesLayer(step.verb));
}

function declared(annotations: Readonly<Record<string, string>>, signal: string): readonly DeclaredBase[] {
  const name = annotations[BASE_NAME]?.trim() ?? '';
  if (!REFERENCE.test(name)) return [];
  const digest = annotations[DIGEST]?.trim() ?? '';
  return [{ reference: normaliseReference(name), signal, ...(isDigest(digest) ? { digest } : {}) }];
}
