import type { ImageConfig } from '../oci/image-config.ts';
import { endsInDockerfile, isBuildpacksImage } from './base-image/buildpacks.ts';
import type { Context } from './context.ts';
import { isNixStep } from './nix.ts';
import { type BuildTool, type Conclusion, inferred } from './verdict.ts';

/** The tool that built the image: the one that wrote its last steps. */
export function findBuildTool(context: Context): Conclusion<BuildTool> | undefined {
  const { input, own, history, stack } = context;
  if (isBuildpacksImage(context) && !endsInDockerfile(history)) {
    return { value: 'buildpacks', confidence: 'declared', evidence: 'label:io.buildpacks' };
  }
  const last = own.findLast((step) => step.tool !== 'unknown')?.tool;
  if (last !== undefined && last !== 'unknown') {
    const isStandalone = stack.images.length === 0 && own.every((step) => step.verb !== 'NONE');
    // Buildah writes history lines like classic Docker's; only its label tells them apart. Images built by other tools
    // on top of a Buildah image inherit the label, so it counts only where nothing lies beneath.
    if (last === 'docker' && isStandalone && Object.hasOwn(input.config.labels, 'io.buildah.version'))
      return inferred('buildah', 'label:io.buildah.version');
    return { value: last, confidence: 'declared', evidence: `history:${last}` };
  }
  if (history.steps.some(isNixStep)) return { value: 'nix', confidence: 'declared', evidence: 'history:nix' };
  return namesNixStore(input.config) ? inferred('nix', 'config:/nix/store') : undefined;
}

function namesNixStore({ env, entrypoint, cmd }: ImageConfig): boolean {
  const words = [...entrypoint, ...cmd];
  return env.some((entry) => entry.includes('/nix/store/')) || words.some((word) => word.startsWith('/nix/store/'));
}
