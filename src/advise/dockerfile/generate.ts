import type { Runtime } from '../../classify/verdict.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import type { Plan } from '../advise.ts';
import { type BaseTechniqueId, TECHNIQUES, techniqueOf } from '../technique.ts';
import { goDockerfile, rustDockerfile } from './compiled.ts';
import { ignoredBy } from './dockerignore.ts';
import { type DockerfileFacts, dockerfileFacts } from './facts.ts';
import { javaDockerfile } from './java.ts';
import { nodeDockerfile } from './node.ts';
import { dotnetDockerfile, phpDockerfile, rubyDockerfile } from './others.ts';
import { pythonDockerfile } from './python.ts';

/** Files to put beside the sources. */
export interface GeneratedFiles {
  readonly dockerfile: string;
  readonly dockerignore: string;
}

type Template = (facts: DockerfileFacts) => string;

const TEMPLATES: Readonly<Partial<Record<Runtime, Template>>> = {
  node: nodeDockerfile,
  python: pythonDockerfile,
  go: goDockerfile,
  rust: rustDockerfile,
  java: javaDockerfile,
  ruby: rubyDockerfile,
  php: phpDockerfile,
  dotnet: dotnetDockerfile,
};

/** The kind of base for the last stage: the plan's; where the plan swaps none the image's own, so that nothing grows. */
export function lastBase({ verdict }: AuditedImage, { plan }: Pick<Plan, 'plan'>): BaseTechniqueId {
  const planned = plan.map(({ technique }) => techniqueOf(technique)).find(({ kind }) => kind === 'base');
  const variant = verdict.variant?.value;
  const own = TECHNIQUES.find(({ variants }) => variant !== undefined && variants.includes(variant));
  return ((planned ?? own)?.id ?? 'slim-base') as BaseTechniqueId;
}

/**
 * A Dockerfile for the image's language: several stages, a user without rights, cache mounts, releases that get fixes;
 * filled with the ports, folder and command of the image at hand. A start to read and adapt, not a build to trust.
 * @param base which kind of base the last stage shall have, such as the advice's plan names
 * @param today `2026-11-24`
 * @returns undefined for a language without a template
 */
export function generateDockerfile(
  image: AuditedImage,
  base: BaseTechniqueId,
  today: string,
): GeneratedFiles | undefined {
  const facts = dockerfileFacts(image, base, today);
  const template = facts && TEMPLATES[facts.runtime];
  if (!template) return undefined;
  return {
    dockerfile: `# syntax=docker/dockerfile:1\n${template(facts)}\n`,
    dockerignore: `${ignoredBy(facts.runtime).join('\n')}\n`,
  };
}
