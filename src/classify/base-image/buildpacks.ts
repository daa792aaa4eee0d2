import { isDigest } from '../../oci/digest.ts';
import { findJsonObject, isObject, type JsonObject, readOptionalString } from '../../oci/json.ts';
import type { Context } from '../context.ts';
import type { BuildHistory } from '../history/build-steps.ts';
import { isInstruction } from '../history/instruction.ts';
import type { DeclaredBase } from './declared.ts';
import { normaliseReference } from './references.ts';

/**
 * The label that the buildpacks lifecycle writes; images built FROM a buildpacks image inherit it.
 * @see buildpacks/spec, platform.md
 */
const METADATA = 'io.buildpacks.lifecycle.metadata';
const MAX_LABEL_LENGTH = 1_000_000;

/**
 * The run image that a buildpacks image is built on. The lifecycle's label names its top layer, which gives the layer
 * count; undefined for other images, and for Dockerfile builds on top of a buildpacks image.
 */
export function buildpacksBase(context: Context): DeclaredBase | undefined {
  const metadata = lifecycleMetadata(context);
  if (!metadata || endsInDockerfile(context.history)) return undefined;
  const run = objectOf(metadata.runImage);
  const stack = objectOf(objectOf(metadata.stack).runImage);
  const name = [run.image, stack.image, run.reference].find((value) => typeof value === 'string' && value !== '');
  if (typeof name !== 'string') return undefined;
  const digest = readOptionalString(run.reference)?.split('@').at(-1) ?? '';
  const topLayer = typeof run.topLayer === 'string' && isDigest(run.topLayer) ? run.topLayer : undefined;
  const top = topLayer === undefined ? -1 : context.input.config.diffIds.indexOf(topLayer);
  return {
    reference: normaliseReference(name),
    signal: 'buildpacks',
    ...(isDigest(digest) ? { digest } : {}),
    ...(top < 0 ? {} : { layerCount: top + 1 }),
  };
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/**
 * Whether a buildpacks lifecycle built the image or one beneath it, or either is a builder. @see buildpacks/spec,
 * platform.md
 */
export function isBuildpacksImage({ input }: Context): boolean {
  return (
    Object.hasOwn(input.config.labels, METADATA) || Object.hasOwn(input.config.labels, 'io.buildpacks.builder.metadata')
  );
}

function lifecycleMetadata({ input }: Context): JsonObject | undefined {
  const label = input.config.labels[METADATA];
  return label === undefined || label.length > MAX_LABEL_LENGTH ? undefined : findJsonObject(label);
}

/** Whether the last step is a Dockerfile instruction. The lifecycle writes none, so a Dockerfile was built on top. */
export function endsInDockerfile({ steps }: BuildHistory): boolean {
  const last = steps.at(-1);
  return last !== undefined && isInstruction(last.verb);
}
