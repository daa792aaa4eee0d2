import { endOfDistribution, readStack } from '../../classify/history/stack.ts';
import type { ImageView } from '../../policy/image-view.ts';
import { isBuildTool } from '../base-after.ts';

const TOMCAT = /(?:^|\/)tomcat(?::|$)/;
const PLAIN_NAME = /^[\w./:@-]+$/;

/**
 * Returns the name of the image's base if it contains more than the runtime or the distribution, such as CUDA, Tomcat
 * or a company's packages: the generated Dockerfile starts from a base that lacks it.
 * @param onTomcat whether its last stage is on Tomcat's official image
 */
export function largerBaseOf({ image, steps }: ImageView, onTomcat = false): string | undefined {
  const { base, runtimeLayers } = image.verdict;
  if (base.confidence === 'unknown' || base.layerCount === undefined) return undefined;
  const stack = readStack(steps);
  const isDistribution = stack.images.length === 0 || endOfDistribution(stack) !== undefined;
  const holdsMore = runtimeLayers === undefined ? !isDistribution : base.layerCount > runtimeLayers;
  const name = base.references.find((reference) => PLAIN_NAME.test(reference) && !isBuildTool(reference));
  if (onTomcat && name !== undefined && TOMCAT.test(name)) return undefined;
  return holdsMore ? name : undefined;
}
