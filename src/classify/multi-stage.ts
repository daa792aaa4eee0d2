import { remember } from '../common/remember.ts';
import type { Material, Provenance } from './base-image/provenance.ts';
import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { redact } from './redact.ts';
import type { BaseVerdict, ImageVerdict } from './verdict.ts';

type MultiStage = ImageVerdict['multiStage'];

/** Whether the image's own build took files from another stage or image. Only what proves it counts. */
export function findMultiStage(context: Context, base: BaseVerdict, provenance: Provenance | undefined): MultiStage {
  return byProvenance(base, provenance) ?? byHistory(context) ?? { value: 'unknown', evidence: 'nothing proves it' };
}

function byProvenance(base: BaseVerdict, provenance: Provenance | undefined): MultiStage | undefined {
  if (!provenance) return undefined;
  if (provenance.stages?.multiStage !== undefined) {
    return { value: provenance.stages.multiStage ? 'yes' : 'no', evidence: 'provenance:Dockerfile' };
  }
  const { materials } = provenance;
  const [first] = materials.filter((material) => !isBase(material, base));
  // One image may be the base under a mirror's name; two cannot, and nothing is built FROM scratch and an image at once.
  const scratch = base.confidence !== 'unknown' && base.references.includes('scratch');
  const staged = materials.length > 1 || (materials.length === 1 && scratch);
  return staged && first ? { value: 'yes', evidence: `provenance:${first.reference}` } : undefined;
}

function isBase(material: Material, base: BaseVerdict): boolean {
  return base.confidence !== 'unknown' && base.references.includes(material.reference);
}

/** Places that exist in a stage's file system and not in a build context. */
const STAGE_PATH =
  /^\/(?:go\/(?:bin|src|pkg)\/|root\/\.|usr\/local\/(?:cargo|go|rustup|bundle|lib|include)\/|usr\/local\/(?:lib|bundle)$|usr\/src\/|usr\/share\/zoneinfo|etc\/(?:passwd|group)$|etc\/ssl\/certs(?:\/ca-certificates\.crt|\/)?$|tmp\/|opt\/venv|venv\b|home\/[^/]+\/\.|ko-app\/|workspace\/)/;
/**
 * Folders that builds write, beneath one where stages work. Right at the root only those that no context holds: `/dist` and
 * `/target` are often a context's, written with a slash.
 */
const OUTPUT_PATH =
  /^\/(?:(?:app|build|builder|code|go|home|opt|root|source|src|srv|tmp|usr|var|work|workspace)\/(?:[\w.-]+\/)*(?:target|node_modules|_build|dist|out|\.next|\.output|publish|vendor|build|__pypackages__|\.venv|venv|install|wheels)|out|install|wheels|\.venv|venv)(?:\/|$)/;
/** A whole output folder, or all of a stage, laid over the root: what a context holds goes to a place of its own. */
const OUTPUT_OVER_ROOT = /^(?:--\S+ )*\/(?:(?:target|output)\/?)? \/$/;

/**
 * BuildKit leaves `--from` out of its history, but not the source path: a path from the root of a stage stays absolute.
 * kaniko and others write `--from`. Classic Docker shows neither. ADD takes nothing from a stage; a RUN may, through a mount
 * that BuildKit leaves out, too.
 */
function byHistory({ history, stack, own }: Context): MultiStage | undefined {
  const copies = own.filter((step) => step.verb === 'COPY');
  const proof = copies.find(copiesFromStage) ?? outOfStyle(copies);
  if (proof) return { value: 'yes', evidence: `history:COPY ${redact(proof.args.slice(0, 400)).slice(0, 120)}` };
  if (stack.images.length === 0 && stack.rootfs?.end === history.steps.length && copies.length === 0) {
    return { value: 'no', evidence: 'history:a root file system only' };
  }
  if (own.some(maybeMounts)) return undefined;
  const worded = own.some((step) => step.verb === 'RUN' || step.verb === 'ADD');
  const readable = own.every((step) => step.verb !== 'OTHER' && step.verb !== 'NONE');
  if (worded && readable && copies.length === 0 && history.aligned) return { value: 'no', evidence: 'history:no COPY' };
  return undefined;
}

/** Folders at the root that every distribution has. */
const USUAL = 'bin|boot|dev|etc|home|lib\\d*|media|opt|proc|root|run|sbin|srv|sys|tmp|usr|var';
/** `cp /out/app …`, `pip install /wheels/*`: from a folder at the root that no distribution has. */
const TAKES_FROM_ROOT = new RegExp(
  `\\b(?:cp|install|--find-links)[= ](?:[^;&|\\n]{0,200}?[\\s=])??["']?/(?!(?:${USUAL})\\b)[a-z_]`,
);

/** A RUN that takes files which no step before made: by a mount of a stage, maybe, or of the context. */
function maybeMounts(step: BuildStep): boolean {
  return step.verb === 'RUN' && step.form === 'buildkit' && takesFromRoot(step.args);
}

const takesFromRoot = remember((command) => TAKES_FROM_ROOT.test(command.slice(0, 4_000)));

function copiesFromStage(step: BuildStep): boolean {
  return step.form === 'buildkit' ? namesStage(step.args) : saysFrom(step.args);
}

const saysFrom = (args: string) => /(?:^|\s)--from=/.test(args.slice(0, 300));

/** Whether the arguments of a COPY name a stage, or what only a stage has. */
const namesStage = remember(
  (args) =>
    saysFrom(args) ||
    sourcesIn(args).some((source) => STAGE_PATH.test(source) || OUTPUT_PATH.test(source)) ||
    OUTPUT_OVER_ROOT.test(args),
);

/** Where stages build and install; folders such as `/app`, `/build` or `/config` may as well lie in a context. */
const BUILD_PATH = /^\/(?:builder|go|opt|root|sbin|srv|usr|var|work|workspace)\/[^/]/;

/** One absolute source among relative ones: whoever writes context paths without a slash writes a stage's with one. */
function outOfStyle(copies: readonly BuildStep[]): BuildStep | undefined {
  const worded = copies.filter((step) => step.form === 'buildkit');
  const absolute = worded.filter((step) => sourcesIn(step.args).some((source) => BUILD_PATH.test(source)));
  const relative = worded.filter((step) => sourcesIn(step.args).every((source) => !source.startsWith('/')));
  return relative.length > 0 && absolute.length > 0 ? absolute[0] : undefined;
}

/** What a COPY with such arguments takes, its flags and its destination left out. */
const sourcesIn = remember((args) => {
  const words = args
    .slice(0, 2_000)
    .split(/\s+/)
    .filter((word) => word !== '' && !word.startsWith('--'));
  return words.slice(0, -1);
});
