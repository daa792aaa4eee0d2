import { type Digest, digestOf } from './digest.ts';

/**
 * The chain IDs of a stack of layers: entry n names layers 0 to n together, so two images share their first n + 1
 * layers exactly when their n-th chain IDs are equal.
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
