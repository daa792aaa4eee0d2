import { remember } from '../../common/remember.ts';
import { type OfficialImage, officialImageOf } from '../knowledge/official-images.ts';
import { type BuildStep, gapMs, type StepTool } from './build-steps.ts';
import { assignments, commandWords, makesLayer, type Verb } from './instruction.ts';
import { findRootfs, type Rootfs } from './rootfs.ts';

/** One image of the stack that a history shows, the lowest first. */
export interface StackedImage {
  readonly kind: 'rootfs' | 'buildpack-deps' | 'official' | 'named' | 'unknown';
  /** The steps up to here (exclusive) are its own and those below. */
  readonly end: number;
  /** Of `official`: which one; of `buildpack-deps`: its variant; of `named`: the reference that the builder wrote. */
  readonly official?: OfficialImage;
  readonly variant?: ToolStage;
  readonly reference?: string;
}

/** The images that a history was built on, and where the image's own steps begin. */
export interface Stack {
  readonly rootfs: Rootfs | undefined;
  readonly images: readonly StackedImage[];
  /** Index of the first step that is the image's own. */
  readonly ownStart: number;
}

const MAX_COMMAND_LENGTH = 4_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Reads a history as a stack of images: root file system, known images, images that only show where they end. */
export function readStack(steps: readonly BuildStep[]): Stack {
  const rootfs = findRootfs(steps);
  const images: StackedImage[] = [];
  let at = 0;
  if (rootfs && (rootfs.end < steps.length || rootfs.tool === undefined)) {
    at = rootfs.end;
    images.push(namedBoundary(steps[at], at) ?? { kind: 'rootfs', end: at });
  } else {
    // What is beneath the first step may have no history.
    const named = namedBoundary(steps[0], 0);
    if (named) images.push(named);
  }
  for (;;) {
    const next = nextImage(steps, at, images.at(-1));
    if (!next || next.end >= steps.length) break;
    // The builder's own word for what ends here is better than ours.
    images.push(namedBoundary(steps[next.end], next.end) ?? next);
    at = next.end;
  }
  // An image that is nothing but its root file system stands on nothing.
  const whole = images.length === 1 && at >= steps.length;
  return { rootfs, images: whole ? [] : images, ownStart: whole ? 0 : at };
}

/** The image that begins at a step, if its end can be seen. */
function nextImage(
  steps: readonly BuildStep[],
  from: number,
  below: StackedImage | undefined,
): StackedImage | undefined {
  const tools = buildpackDeps(steps, from, below);
  if (tools) return tools;
  const walk: Walk = { official: undefined, built: false, shown: false, ending: false };
  for (let at = from; at < steps.length; at++) {
    const step = steps[at];
    if (!step) break;
    const boundary = at > from ? boundaryBefore(steps, at, walk) : undefined;
    if (boundary) return boundary;
    take(step, walk);
    if (walk.official && endsOfficial(step, walk.official)) {
      return { kind: 'official', official: walk.official, end: withTrailingSettings(steps, at + 1) };
    }
  }
  return undefined;
}

interface Walk {
  official: OfficialImage | undefined;
  /** A layer was made after the version was set: a known image without an own ending may be complete. */
  built: boolean;
  /** A RUN said what only the known image's own says. */
  shown: boolean;
  /** A CMD or ENTRYPOINT was seen, and no layer since. */
  ending: boolean;
}

function take(step: BuildStep, walk: Walk): void {
  const [official] = officialsSetBy(step).slice(-1);
  if (official) {
    walk.official = official;
    walk.built = false;
    walk.shown = official.run === undefined;
  }
  if (step.verb === 'CMD' || step.verb === 'ENTRYPOINT') walk.ending = true;
  else if (makesLayer(step.verb) && step.verb !== 'WORKDIR') {
    walk.ending = false;
    walk.built = true;
    walk.shown ||= walk.official?.run?.test(step.args.slice(0, MAX_COMMAND_LENGTH)) === true;
  }
}

/** The known images whose variables an ENV sets, or whose build argument an ARG declares. */
export function officialsSetBy(step: BuildStep): readonly OfficialImage[] {
  if (step.verb === 'ENV') return officialsOfEnv(step.args);
  return step.verb === 'ARG' ? officialsOfArg(step.args) : NO_OFFICIALS;
}

const NO_OFFICIALS: readonly OfficialImage[] = [];
const officialsOfEnv = remember((args) => officialsNamed('ENV', args));
const officialsOfArg = remember((args) => officialsNamed('ARG', args));

function officialsNamed(verb: 'ENV' | 'ARG', args: string): readonly OfficialImage[] {
  return assignments(args).flatMap(([name, value]) => officialImageOf(verb, name, value) ?? []);
}

/** Whether another build begins with this step. */
function boundaryBefore(steps: readonly BuildStep[], at: number, walk: Walk): StackedImage | undefined {
  const step = steps[at];
  const before = steps[at - 1];
  if (!step || !before) return undefined;
  const named = namedBoundary(step, at);
  if (named) return named;
  if (isAppended(step)) return undefined;
  const ended = walk.ending && gapMs(before, step) >= (isInstant(step) ? MINUTE_MS : HOUR_MS);
  const endless = endlessOfficial(walk);
  const complete = endless !== undefined && gapMs(before, step) >= HOUR_MS;
  const next = walk.official !== undefined && walk.built && beginsAnother(step, walk.official);
  if (!ended && !complete && !next && !changesTool(before, step)) return undefined;
  return endless ? { kind: 'official', official: endless, end: at } : { kind: 'unknown', end: at };
}

/** A step that BuildKit added for a layer whose entry it had marked as empty: it stands behind the others of its build. */
function isAppended({ form, comment }: BuildStep): boolean {
  return form === 'buildkit' && comment === 'buildkit.exporter.image.v0';
}

/** The known image that may end here: one whose Dockerfile may have no ending of its own, once a layer was made. */
function endlessOfficial({ official, built, shown }: Walk): OfficialImage | undefined {
  return official?.mayLackEnd && built && shown ? official : undefined;
}

/** A RUN carries the time of its end, so the time before it may be its own. */
function isInstant(step: BuildStep): boolean {
  return step.verb !== 'RUN' && step.verb !== 'OTHER';
}

/**
 * Buildah notes the FROM of a build at its first step, and Charliecloud before it; ids of buildah's own intermediate images
 * are no names.
 */
function namedBoundary(step: BuildStep | undefined, at: number): StackedImage | undefined {
  const line = step?.verb === 'FROM' ? `FROM ${step.args}` : (step?.comment.trim() ?? '');
  const reference = /^FROM ([^\s]{1,512})(?: AS \S+)?$/i.exec(line)?.[1];
  if (reference === undefined || reference === 'scratch' || /^[0-9a-f]{10,64}$/.test(reference)) return undefined;
  return { kind: 'named', reference, end: at };
}

/** Tools that sign each of their steps: the first one signed is the first of a build. */
const SIGNING: ReadonlySet<StepTool> = new Set(['jib', 'ko', 'kaniko', 'dotnet', 'bazel', 'apko'] as const);

function changesTool(before: BuildStep, step: BuildStep): boolean {
  if (SIGNING.has(step.tool)) return before.tool !== step.tool;
  return step.tool !== 'unknown' && before.tool !== 'unknown' && step.tool !== before.tool;
}

/** A step that sets the variable with which another known image's Dockerfile begins. */
function beginsAnother(step: BuildStep, official: OfficialImage): boolean {
  return officialsSetBy(step).some((another) => another.begins && another !== official);
}

/** Whether a step is the last instruction of a known image's Dockerfile. */
export function endsOfficial(step: BuildStep, official: OfficialImage): boolean {
  if (step.verb === 'ENV') {
    return official.ends.some(
      (end) => end.verb === 'ENV' && assignments(step.args).some(([name]) => name === end.words),
    );
  }
  if (step.verb !== 'CMD' && step.verb !== 'ENTRYPOINT' && step.verb !== 'WORKDIR') return false;
  const words = commandWords(step.args).join(' ');
  return official.ends.some((end) => end.verb === step.verb && end.words === words);
}

const TRAILING: ReadonlySet<Verb> = new Set(['CMD', 'ENTRYPOINT', 'EXPOSE', 'STOPSIGNAL'] as const);
const TRAILING_ENV: ReadonlySet<Verb> = new Set([...TRAILING, 'ENV'] as const);

/** Settings of the same Dockerfile that follow its last layer within a minute; further variables where one ends it. */
function withTrailingSettings(steps: readonly BuildStep[], from: number): number {
  const ends = steps[from - 1]?.verb === 'ENV' ? TRAILING_ENV : TRAILING;
  let end = from;
  for (let step = steps[end]; step !== undefined; step = steps[++end]) {
    const before = steps[end - 1];
    if (!ends.has(step.verb) || before?.verb === 'CMD' || step.tool !== (before ?? step).tool) break;
    if (gapMs(before, step) > MINUTE_MS) break;
  }
  return end;
}

type ToolStage = 'curl' | 'scm' | '';

/** What the apt-get line of each stage of buildpack-deps installs, older releases less. @see docker-library/buildpack-deps */
const CURL_PACKAGES = new Set(['ca-certificates', 'curl', 'dirmngr', 'gnupg', 'netbase', 'sq', 'tzdata', 'wget']);
const SCM_PACKAGES = new Set(['bzr', 'git', 'mercurial', 'openssh-client', 'procps', 'subversion']);

/** A stage of buildpack-deps: each stands on the one before, so nothing else that installs compilers is taken for one. */
function buildpackDeps(
  steps: readonly BuildStep[],
  from: number,
  below: StackedImage | undefined,
): StackedImage | undefined {
  const variant = toolStage(steps[from]);
  if (variant === 'curl') {
    const dirmngr = /command -v gpg/.test(steps[from + 1]?.args.slice(0, 200) ?? '');
    const end = from + (dirmngr ? 2 : 1);
    const certain = installedBy(steps[from]?.args ?? '').includes('netbase') || toolStage(steps[end]) === 'scm';
    return below?.kind === 'rootfs' && certain ? { kind: 'buildpack-deps', variant, end } : undefined;
  }
  const expected = variant === 'scm' ? 'curl' : 'scm';
  return variant !== undefined && below?.variant === expected
    ? { kind: 'buildpack-deps', variant, end: from + 1 }
    : undefined;
}

function toolStage(step: BuildStep | undefined): ToolStage | undefined {
  if (step?.verb !== 'RUN') return undefined;
  const packages = installedBy(step.args);
  const has = (...names: readonly string[]) => names.every((name) => packages.includes(name));
  if (has('g++', 'gcc', 'file')) return '';
  if (has('git', 'openssh-client', 'procps') && packages.every((name) => SCM_PACKAGES.has(name))) return 'scm';
  return has('ca-certificates', 'curl', 'wget') && packages.every((name) => CURL_PACKAGES.has(name))
    ? 'curl'
    : undefined;
}

/** The packages of the first `apt-get install` of a command. */
const installedBy: (command: string) => readonly string[] = remember((command) => {
  const [, list = ''] = /\bapt-get install ([^;&|]*)/.exec(command.slice(0, 4_000)) ?? [];
  return list.split(/[\s\\]+/).filter((word) => word !== '' && !word.startsWith('-'));
});
