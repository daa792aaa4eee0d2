import { anyOf } from '../common/any-of.ts';
import { remember } from '../common/remember.ts';
import { redact } from '../secrets/redact.ts';
import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { isInstruction, rememberCommand } from './history/instruction.ts';
import { isImportedContainer } from './imported.ts';
import { type BaseVerdict, baseNamesOf, type ImageVerdict, isScratch } from './verdict.ts';

type MultiStage = ImageVerdict['multiStage'];

/** Whether the image's own build copied files from another stage or image; `unknown` without proof either way. */
export function findMultiStage(context: Context, base: BaseVerdict): MultiStage {
  return byProvenance(context, base) ?? byHistory(context) ?? { value: 'unknown', evidence: 'nothing proves it' };
}

function byProvenance({ provenance }: Context, base: BaseVerdict): MultiStage | undefined {
  const { materials, stages } = provenance;
  if (stages?.multiStage !== undefined) {
    return { value: stages.multiStage ? 'yes' : 'no', evidence: 'provenance:Dockerfile' };
  }
  const stageMaterial = materials.find(({ reference }) => !baseNamesOf(base).includes(reference));
  // A single material may be the base under a mirror's name. Of several, or beside scratch, one must be another
  // stage's.
  const hasStages = materials.length > 1 || (materials.length === 1 && isScratch(base));
  return hasStages && stageMaterial ? { value: 'yes', evidence: `provenance:${stageMaterial.reference}` } : undefined;
}

/** Paths that exist in a stage's file system but not in a build context. */
const STAGE_PATH = anyOf(
  [
    /go\/(?:bin|src|pkg)\/|ko-app\/|workspace\/|opt\/venv|venv\b|tmp\//,
    /root\/\.|home\/[^/]+\/\.|mnt\/rootfs\/?$/,
    // What sbt stages by its order of change, and parts of a jar that Spring Boot extracts.
    /\d\/opt\/docker\/?$|(?:[\w.-]+\/)*(?:spring-boot-loader|snapshot-dependencies)\/?$/,
    /usr\/local\/(?:cargo|go|rustup|bundle|lib|include)\/|usr\/local\/(?:lib|bundle)$|usr\/src\//,
    /usr\/share\/zoneinfo|etc\/(?:passwd|group)$|etc\/ssl\/certs(?:\/ca-certificates\.crt|\/)?$/,
  ],
  '^/',
);
const WORK_FOLDERS = 'app|build|builder|code|go|home|opt|root|source|src|srv|tmp|usr|var|work|workspace';
const OUTPUTS =
  'target|node_modules|_build|dist|out|\\.next|\\.output|publish|vendor|build|__pypackages__|\\.venv|venv|install|wheels';
/**
 * Folders that builds write, below one in which stages work. At the root only those that no build context has: `/dist`
 * and `/target` often name a context's folder with a leading slash.
 */
const OUTPUT_PATH = new RegExp(
  `^/(?:(?:${WORK_FOLDERS})/(?:[\\w.-]+/)*(?:${OUTPUTS})|out|install|wheels|\\.venv|venv)(?:/|$)`,
);
/** A copy of an output folder, or of a whole stage, to the root. Files of a context usually go to a folder. */
const OUTPUT_OVER_ROOT = /^(?:--\S+ )*\/(?:(?:target|output)\/?)? \/$/;

/**
 * BuildKit's history omits `--from` but keeps the source path, which is absolute when it starts at the root of a stage.
 * kaniko and others write `--from`. Classic Docker writes neither. ADD cannot copy from a stage; a RUN can, through a
 * mount, which BuildKit omits too.
 */
function byHistory(context: Context): MultiStage | undefined {
  if (isImportedContainer(context)) return undefined;
  const { history, stack, own } = context;
  const copies = own.filter((step) => step.verb === 'COPY');
  const proof = copies.find(copiesFromStage) ?? inconsistentCopy(copies);
  if (proof) return { value: 'yes', evidence: `history:COPY ${redact(proof.args.slice(0, 400)).slice(0, 120)}` };
  if (stack.images.length === 0 && stack.rootfs?.end === history.steps.length && copies.length === 0) {
    return { value: 'no', evidence: 'history:a root file system only' };
  }
  if (own.some(mayMountStage)) return undefined;
  const addsFiles = own.some((step) => step.verb === 'RUN' || step.verb === 'ADD');
  const isReadable = own.every((step) => isInstruction(step.verb));
  if (addsFiles && isReadable && copies.length === 0 && history.aligned)
    return { value: 'no', evidence: 'history:no COPY' };
  return undefined;
}

/** Folders that distributions have at the root. */
const USUAL_ROOT_FOLDERS = 'bin|boot|dev|etc|home|lib\\d*|media|opt|proc|root|run|sbin|srv|sys|tmp|usr|var';
/** `cp /out/app …`, `pip install /wheels/*`: reads a folder at the root that no distribution has. */
const READS_ODD_ROOT_FOLDER = new RegExp(
  `\\b(?:cp|install|--find-links)[= ](?:[^;&|\\n]{0,200}?[\\s=])??["']?/(?!(?:${USUAL_ROOT_FOLDERS})\\b)[a-z_]`,
);

/** Whether a RUN reads files that no earlier step made, so it may mount a stage, or the build context. */
function mayMountStage(step: BuildStep): boolean {
  return step.verb === 'RUN' && step.form === 'buildkit' && readsOddRootFolder(step.args);
}

const readsOddRootFolder = rememberCommand((command) => READS_ODD_ROOT_FOLDER.test(command));

function copiesFromStage(step: BuildStep): boolean {
  return step.form === 'buildkit' ? namesStage(step.args) : hasFromFlag(step.args);
}

const hasFromFlag = (args: string) => /(?:^|\s)--from=/.test(args.slice(0, 300));

/** Whether the arguments of a COPY name a stage, or a path that only a stage has. */
const namesStage = remember(
  (args) =>
    hasFromFlag(args) ||
    sourcesIn(args).some((source) => STAGE_PATH.test(source) || OUTPUT_PATH.test(source)) ||
    OUTPUT_OVER_ROOT.test(args),
);

/** Folders in which stages build and install. `/app`, `/build` or `/config` could as well be a context's. */
const BUILD_PATH = /^\/(?:builder|go|opt|root|sbin|srv|usr|var|work|workspace)\/[^/]/;

/**
 * A COPY with an absolute source where others have relative ones. Whoever writes paths of the context without a leading
 * slash writes only those of a stage with one.
 */
function inconsistentCopy(copies: readonly BuildStep[]): BuildStep | undefined {
  const ofBuildKit = copies.filter((step) => step.form === 'buildkit');
  const absolute = ofBuildKit.filter((step) => sourcesIn(step.args).some((source) => BUILD_PATH.test(source)));
  const relative = ofBuildKit.filter((step) => sourcesIn(step.args).every((source) => !source.startsWith('/')));
  return relative.length > 0 && absolute.length > 0 ? absolute[0] : undefined;
}

/** The sources of a COPY: its arguments without flags and destination. */
const sourcesIn = remember((args) => {
  const words = args
    .slice(0, 2_000)
    .split(/\s+/)
    .filter((word) => word !== '' && !word.startsWith('--'));
  return words.slice(0, -1);
});
