import { runtimeOf } from '../../classify/verdict.ts';
import { totalBytes } from '../../common/sum.ts';
import { isWindows } from '../../oci/platform.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import { installsByConda } from '../../policy/installs.ts';
import { isForPlatform, replaceableBytes } from '../../policy/replaceable-bytes.ts';
import { asksVersion } from '../../policy/shell.ts';
import type { Advice } from '../advise.ts';
import type { Knowledge } from '../alternatives.ts';
import { compilesC } from '../base-after.ts';
import { bringsRuntime, installsRuntime, needsPackages, ownPackages } from '../own-packages.ts';
import { adviceView } from '../subject.ts';
import { type BaseTechniqueId, techniqueOf } from '../technique.ts';
import { isToWorkIn, worksInOddFolder } from './c-build.ts';
import type { DockerfileFacts } from './facts.ts';
import { startsPackagedPhp } from './php.ts';

/** Why there is no Dockerfile for an image, in a clause; undefined if it is not for its platform. */
export function refusalOfPlatform({ config }: AuditedImage): string | undefined {
  if (isWindows(config)) return 'the image is for Windows, and all known bases are for Linux';
  return isForPlatform(config)
    ? 'its base calls the program, as those of AWS Lambda, Azure Functions, Jupyter and OpenShift do, and has to stay'
    : undefined;
}

/** Why there is no template for an image, in a clause. */
export function refusalOfLanguage(image: AuditedImage): string {
  const { name } = runtimeOf(image.verdict);
  if (name === 'nginx') return 'for nginx, there is a template on its own image alone';
  if (name !== 'none') return `there is no template for ${name}`;
  if (image.verdict.isPublished) return 'the image is as published, and only its publisher can build it otherwise';
  const view = adviceView(image);
  if (!compilesC(view)) return 'it is not known what its program is written in';
  if (isToWorkIn(view)) return 'it starts no program, but is made to compile C and C++ in';
  return worksInOddFolder(view)
    ? 'the name of its folder has a space, or another sign that instructions read otherwise'
    : 'there is no template for C and C++ on its distribution';
}

/** Programs that build for Java's virtual machine, for which there is no template. */
const OTHER_BUILDERS = /^(?:sbt|mill|lein|clojure|ant|bazel|javac)$/;

/** Why the language's template does not suit how an image was built or starts, in a clause; undefined if it does. */
export function refusalOfBuild(facts: DockerfileFacts): string | undefined {
  const { runtime, commands, copies, entrypoint, cmd } = facts;
  if (commands.some(installsByConda)) return 'there is no template for packages of conda';
  const builder = commands.find((command) => OTHER_BUILDERS.test(command.program) && !asksVersion(command))?.program;
  const paths = [...copies.flatMap(({ sources }) => sources), ...entrypoint, ...cmd];
  const other = builder ?? (paths.some((path) => path.includes('target/scala-')) ? 'sbt' : undefined);
  if (runtime === 'java' && other !== undefined) return `there is no template for what ${other} builds`;
  return startsPackagedPhp(facts)
    ? "a supervisor or script starts the distribution's PHP, and its settings name other programs than the official image has"
    : undefined;
}

/** An image with its advice, and the known bases that this rests on. */
export interface AdvisedImage {
  readonly image: AuditedImage;
  readonly advice: Pick<Advice, 'plan' | 'alone' | 'together'>;
  readonly knowledge: Knowledge;
}

/** Whether a plan keeps a distribution on which the image's own steps installed the runtime as a package. */
export function keepsPackage(image: AuditedImage, planned: BaseTechniqueId | undefined): boolean {
  const view = adviceView(image);
  return (
    planned === undefined &&
    image.verdict.runtimeLayers === undefined &&
    replaceableBytes(view)?.min === view.baseBytes &&
    installsRuntime(view)
  );
}

/**
 * Whether the Dockerfile of a plan that keeps the distribution's package of the runtime starts from the
 * distribution as well: for Node.js with npm on Alpine, whose package of Node.js has no Corepack for other managers.
 * @param base the kind of base of the last stage
 */
export function startsFromPackage(image: AuditedImage, base: BaseTechniqueId): boolean {
  const view = adviceView(image);
  return (
    runtimeOf(image.verdict).name === 'node' &&
    base === 'alpine-base' &&
    ownPackages(view).manager === 'apk' &&
    !['yarn', 'pnpm', 'bun', 'enable'].some((program) => view.ownPrograms.has(program))
  );
}

/**
 * Why a plan that keeps the distribution's package of a runtime has no Dockerfile, in a clause: templates start from the
 * runtime's own image. Of an image that needs other packages, too, how much they take is not known.
 * @param base the kind of base of that image
 * @returns undefined if that one may be smaller
 */
export function refusalOfLarger(
  { image, advice: { alone, together }, knowledge }: AdvisedImage,
  base: BaseTechniqueId,
): string | undefined {
  if ([...alone, ...together].some(({ techniques }) => techniques.includes(base))) return undefined;
  const view = adviceView(image);
  const { name } = runtimeOf(image.verdict);
  const known = knowledge.alternativeTo(image.verdict, techniqueOf(base).variants);
  const present = (view.baseBytes ?? 0) + totalBytes(view.own.filter((layer) => bringsRuntime(layer, name)));
  if (needsPackages(view) && !(known && known.compressedBytes >= present)) return undefined;
  return `it would start from an image of ${name}, which is not known to be smaller than the distribution with its package`;
}
