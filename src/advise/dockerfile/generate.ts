import type { Runtime } from '../../classify/verdict.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import type { Plan } from '../advise.ts';
import { BASE_TECHNIQUES, type BaseTechniqueId, isBaseTechnique, techniqueOf } from '../technique.ts';
import { cDockerfile } from './c.ts';
import { ignoredBy, isIgnored } from './dockerignore.ts';
import { dotnetDockerfile } from './dotnet.ts';
import { type DockerfileFacts, dockerfileFacts } from './facts.ts';
import { goDockerfile } from './go.ts';
import { javaDockerfile } from './java.ts';
import { nginxDockerfile } from './nginx.ts';
import {
  type AdvisedImage,
  keepsPackage,
  refusalOfBuild,
  refusalOfLanguage,
  refusalOfLarger,
  refusalOfPlatform,
  startsFromPackage,
} from './no-dockerfile.ts';
import { nodeDockerfile } from './node.ts';
import { phpDockerfile } from './php.ts';
import { pythonDockerfile } from './python.ts';
import { rubyDockerfile } from './ruby.ts';
import { rustDockerfile } from './rust.ts';

/** The contents of the files to put next to the sources. */
export interface GeneratedFiles {
  readonly dockerfile: string;
  readonly dockerignore: string;
}

/** That there is no Dockerfile for an image. */
export interface NoDockerfile {
  /** Why, in a clause. */
  readonly because: string;
  readonly dockerfile?: undefined;
  readonly dockerignore?: undefined;
}

type Template = (facts: DockerfileFacts) => string;

const TEMPLATES: Readonly<Partial<Record<Runtime, Template>>> = {
  node: nodeDockerfile,
  bun: nodeDockerfile,
  python: pythonDockerfile,
  go: goDockerfile,
  rust: rustDockerfile,
  java: javaDockerfile,
  ruby: rubyDockerfile,
  php: phpDockerfile,
  dotnet: dotnetDockerfile,
};

function templateFor({ runtime, c, nginx }: DockerfileFacts): Template | undefined {
  if (c !== undefined) return (facts) => cDockerfile(facts, c);
  return nginx === undefined ? TEMPLATES[runtime] : (facts) => nginxDockerfile(facts, nginx);
}

/**
 * Returns the kind of base for the last stage: the plan's, or if the plan keeps the base, the image's own, so that the
 * image does not grow.
 */
export function lastStageBase({ verdict }: AuditedImage, plan: Pick<Plan, 'plan'>): BaseTechniqueId {
  const variant = verdict.variant?.value;
  const own = BASE_TECHNIQUES.find((id) => variant !== undefined && techniqueOf(id).variants.includes(variant));
  return plannedBase(plan) ?? own ?? 'slim-base';
}

function plannedBase({ plan }: Pick<Plan, 'plan'>): BaseTechniqueId | undefined {
  return plan.at(-1)?.projection.techniques.find(isBaseTechnique);
}

/**
 * Generates the Dockerfile that an image's advice amounts to, see {@link generateDockerfile}; none that would make the image
 * larger.
 * @param today `2026-11-24`
 */
export function proposeDockerfile(advised: AdvisedImage, today: string): GeneratedFiles | NoDockerfile {
  const { image, advice } = advised;
  const base = lastStageBase(image, advice);
  const keeps = keepsPackage(image, plannedBase(advice));
  const files = generateDockerfile(image, base, today, keeps);
  const isOther = keeps && !startsFromPackage(image, base);
  const because = 'because' in files || !isOther ? undefined : refusalOfLarger(advised, base);
  return because === undefined ? files : { because };
}

/**
 * Generates a Dockerfile for the image's language, with several stages, an unprivileged user, cache mounts and
 * supported releases, filled with the image's ports, folder and command. It is a starting point to read and adapt, not
 * to be trusted as is.
 * @param base the kind of base for the last stage, such as {@link lastStageBase} returns
 * @param today `2026-11-24`
 * @param keeps whether the plan keeps the distribution with its package of the runtime, see {@link keepsPackage}
 * @returns no Dockerfile for a language or build tool without a template, for Windows, whose bases and shell are others,
 * and for AWS Lambda, Azure Functions, Jupyter and OpenShift, whose bases call the program
 */
export function generateDockerfile(
  image: AuditedImage,
  base: BaseTechniqueId,
  today: string,
  keeps = false,
): GeneratedFiles | NoDockerfile {
  const ofPlatform = refusalOfPlatform(image);
  if (ofPlatform !== undefined) return { because: ofPlatform };
  const known = dockerfileFacts(image, base, today);
  const facts = known && { ...known, usesPackage: keeps && startsFromPackage(image, base) };
  const template = facts && templateFor(facts);
  if (!template) return { because: refusalOfLanguage(image) };
  const ofBuild = refusalOfBuild(facts);
  if (ofBuild !== undefined) return { because: ofBuild };
  const secrets = facts.secretFiles.map(({ source }) => source).filter((source) => !isIgnored(source, facts.runtime));
  const lines = [
    '# syntax=docker/dockerfile:1',
    ...largerBaseNote(facts),
    ...jibNote(facts),
    ...stagesNote(image, facts),
    ...packagedNote(image, facts, keeps),
    ...facts.credentials,
    template(facts),
    '',
  ];
  return {
    dockerfile: lines.join('\n'),
    dockerignore: `${[...ignoredBy(facts.runtime), ...secrets].join('\n')}\n`,
  };
}

function largerBaseNote({ largerBase, runtime, c }: DockerfileFacts): readonly string[] {
  // What a program in C needs of its compiler's image is told beside the program.
  if (largerBase === undefined || c?.from.startsWith('gcc:')) return [];
  return [
    `# The image is built on ${largerBase}, which brings more than ${runtime === 'none' ? 'a distribution' : runtime}: start the last stage from it, or add what the program needs of it.`,
  ];
}

/** Tools that images are copied from for one file, as the documentation of the tools says. */
const COPIED_TOOL = /\/(?:composer|uvx?|install-php-extensions)$/;

/** Returns a note on the stages before the image's last one, whose steps no image tells. */
function stagesNote({ verdict }: AuditedImage, { copies }: DockerfileFacts): readonly string[] {
  const fromStages = copies.flatMap(({ sources }) => sources.filter((source) => source.startsWith('/')));
  const areTools = fromStages.length > 0 && fromStages.every((source) => COPIED_TOOL.test(source));
  return verdict.multiStage.value === 'yes' && !areTools
    ? [
        "# The image's own Dockerfile has more stages, which are unknown here: keep them where they do otherwise, and take over the last one.",
      ]
    : [];
}

/**
 * Returns a note if the official image may be larger than the image's own distribution with its package of the runtime.
 * @param keeps whether the plan keeps that
 */
function packagedNote(
  { verdict }: AuditedImage,
  { installsRuntime, usesPackage, runtime, base, servesByApache, servesPages }: DockerfileFacts,
  keeps: boolean,
): readonly string[] {
  const isAlpine = base === 'alpine-base' && verdict.distro?.value.id === 'alpine';
  if (!installsRuntime || usesPackage || servesPages || !(keeps || isAlpine || (runtime === 'php' && servesByApache)))
    return [];
  return [
    `# The image has ${runtime} as a package of its distribution. If this one is larger, keep that base for the last stage.`,
  ];
}

function jibNote({ jib }: DockerfileFacts): readonly string[] {
  return jib === undefined
    ? []
    : [
        '# Jib builds the image without a Dockerfile: it is enough to set jib.from.image to the base of the last stage.',
      ];
}
