import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { runtimesBy } from './knowledge/runtime-names.ts';
import { inferredRuntime, type Runtime, type RuntimeVerdict } from './verdict.ts';

/**
 * The start of the comment that dockerTools writes for each layer. It lists the store paths in the layer, or for an
 * image beneath (`fromImage`) its archive.
 * @see NixOS/nixpkgs, pkgs/build-support/docker/stream_layered_image.py
 */
const STORE_PATHS = "store paths: ['";

/** Whether Nix's dockerTools made the step. */
export function isNixStep({ comment }: BuildStep): boolean {
  return comment.startsWith(STORE_PATHS);
}

/** The number of layers beneath those of the Nix store; undefined unless dockerTools made all steps. */
export function layersBeneathStore({ history }: Context): number | undefined {
  const { steps } = history;
  if (steps.length === 0 || !history.aligned || !steps.every(isNixStep)) return undefined;
  const first = steps.findIndex(({ comment }) => comment.startsWith(`${STORE_PATHS}/nix/store/`));
  return first < 0 ? undefined : first;
}

const INTERPRETERS = runtimesBy('nix');
const PACKAGE = new RegExp(
  `/nix/store/[a-z\\d]{32}-(${[...INTERPRETERS.keys()].join('|')})-(\\d+(?:\\.\\d+)*(?:\\+\\d+)?)`,
  'g',
);
const MAX_COMMENT_LENGTH = 50_000;

/** The only runtime among an image's store paths. Nix includes only dependencies, so the program must need it. */
export function storeRuntime({ history }: Context): RuntimeVerdict | undefined {
  const found = new Map<Runtime, string>();
  for (const { comment } of history.steps.filter(isNixStep)) {
    for (const [, name = '', version = ''] of comment.slice(0, MAX_COMMENT_LENGTH).matchAll(PACKAGE)) {
      const runtime = INTERPRETERS.get(name);
      if (runtime) found.set(runtime, version);
    }
  }
  const [only] = found;
  return only && found.size === 1 ? inferredRuntime(only[0], only[1], 'history:store paths') : undefined;
}
