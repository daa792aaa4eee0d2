import { isBuildpacksImage } from './base-image/buildpacks.ts';
import type { Context } from './context.ts';
import { toolOf } from './history/stack.ts';
import type { BuildTool, Judged } from './verdict.ts';

const BY_MARK: Readonly<Record<string, BuildTool>> = {
  buildkit: 'buildkit',
  buildah: 'buildah',
  kaniko: 'kaniko',
  ko: 'ko',
  apko: 'apko',
  jib: 'jib',
  bazel: 'bazel',
  classic: 'docker',
  '.NET SDK': 'dotnet',
};

/** Which tool built the image: the one that wrote its last steps. */
export function findBuildTool(context: Context): Judged<BuildTool> | undefined {
  const { history, input } = context;
  const steps = history.steps.slice(context.stack.ownStart);
  if (isBuildpacksImage(context) && steps.every((step) => step.verb === 'NONE' || step.verb === 'OTHER')) {
    return { value: 'buildpacks', confidence: 'declared', evidence: 'label:io.buildpacks' };
  }
  const mark = steps.map(toolOf).findLast((tool) => tool !== 'unknown');
  // Buildah words its steps as classic Docker does, and signs with a label, which its children inherit.
  const buildah = mark === 'classic' && Object.hasOwn(input.config.labels, 'io.buildah.version');
  const tool = buildah ? 'buildah' : BY_MARK[mark ?? ''];
  if (tool) return { value: tool, confidence: 'declared', evidence: `history:${mark ?? ''}` };
  const nix =
    input.config.env.some((entry) => entry.includes('/nix/store/')) ||
    input.config.cmd.concat(input.config.entrypoint).some((word) => word.startsWith('/nix/store/'));
  return nix ? { value: 'nix', confidence: 'inferred', evidence: 'config:/nix/store' } : undefined;
}
