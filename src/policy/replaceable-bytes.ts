import { readEnv } from '../classify/context.ts';
import { isLambda } from '../classify/distro-labels.ts';
import { endOfDistribution, officialOf, readStack } from '../classify/history/stack.ts';
import { isProductReference } from '../classify/knowledge/official-images.ts';
import { baseNamesOf, runtimeOf } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import { totalBytes } from '../common/sum.ts';
import { type ByteRange, exactly } from '../measure/byte-range.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { AuditedImage } from './audited-image.ts';
import type { ImageView, LayerView } from './image-view.ts';

/** Whether an image is a runtime's own, as published: another one would replace it whole. */
export function isRuntimeItself({ verdict, manifest }: AuditedImage): boolean {
  return (
    verdict.isPublished === true &&
    runtimeOf(verdict).name !== 'none' &&
    verdict.runtimeLayers === manifest.layers.length
  );
}

/**
 * Returns the compressed bytes of the base's layers that another base would replace: those up to its runtime, and none
 * above it; of a runtime's own image, all its layers. Ranges from 0 to the whole base if the history does not show where
 * they end, unless the base is known to hold more than a runtime.
 * @returns undefined if it is unknown where the base ends
 */
export const replaceableBytes: (view: ImageView) => ByteRange | undefined = rememberOf((view) => {
  if (isRuntimeItself(view.image)) return exactly(totalBytes(view.layers));
  const { layerCount } = view.image.verdict.base;
  return layerCount === undefined ? undefined : replaceableOf(view.layers.slice(0, layerCount), view);
});

function replaceableOf(base: readonly LayerView[], view: ImageView): ByteRange {
  const { config, verdict } = view.image;
  const { runtimeLayers } = verdict;
  if (runtimeOf(verdict).name === 'none') {
    // A base with layers above its distribution contains an unknown program, which no other base would contain.
    const isBareDistribution = runtimeLayers !== undefined && runtimeLayers >= base.length;
    return exactly(isBareDistribution ? totalBytes(base) : 0);
  }
  if (runtimeLayers !== undefined) return exactly(totalBytes(base.slice(0, runtimeLayers)));
  if (holdsProduct(view) || isForPlatform(config)) return exactly(0);
  // The image's own steps installed the runtime on a distribution, which a base with the runtime replaces whole.
  return isDistribution(base, view) ? exactly(totalBytes(base)) : { min: 0, max: totalBytes(base) };
}

/** Variables of the images of Azure Functions, and of Jupyter's: NB_USER and NB_UID are also set by hand, for Binder. */
const OF_PLATFORMS = /^(?:AzureWebJobsScriptRoot|NB_GID)=/;

/** The script with which OpenShift's images start what s2i built on them. @see openshift/source-to-image, docs/builder_image.md */
const S2I_START = /\/s2i\/run$/;

/** Whether an image is built on those of AWS Lambda, Azure Functions, Jupyter or OpenShift, which call the program. */
export function isForPlatform({ env, cmd }: ImageConfig): boolean {
  const isOfBuilder = cmd.some((word) => S2I_START.test(word));
  return isOfBuilder || env.some((variable) => OF_PLATFORMS.test(variable)) || isLambda(readEnv(env));
}

/** Whether a base is, or is built on, an image with more than a runtime, which no base of the runtime contains. */
function holdsProduct({ image, steps }: ImageView): boolean {
  const officials = readStack(steps).images.flatMap((stacked) => officialOf(stacked) ?? []);
  const isKnown = officials.some(({ runtime }) => runtime === undefined);
  return isKnown || baseNamesOf(image.verdict.base).some(isProductReference);
}

function isDistribution(base: readonly LayerView[], { steps }: ImageView): boolean {
  const end = endOfDistribution(readStack(steps)) ?? 0;
  return base.length > 0 && steps.slice(0, end).filter(({ layer }) => layer !== undefined).length >= base.length;
}
