import { type Digest, digestOf } from './digest.ts';

/**
 * The chain IDs of a stack of layers, base first. Entry n identifies layers 0 to n together, so two images share their
 * first n + 1 layers exactly when their chain IDs at index n are equal.
 * @see image-spec, config.md, "Layer ChainID"
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
