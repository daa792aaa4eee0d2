import { remember } from '../../common/remember.ts';
import { type DistroName, distroOfRootfsLine } from '../knowledge/distros.ts';
import { redact } from '../redact.ts';
import { type BuildStep, gapMs } from './build-steps.ts';
import { commandWords } from './instruction.ts';

/** The steps at the bottom that laid down a distribution's root file system, or all there is instead of one. */
export interface Rootfs {
  /** The number of steps that belong to it. */
  readonly end: number;
  readonly distro?: DistroName | undefined;
  /** The line that says so. */
  readonly evidence: string;
  /** The program of its CMD: distributions differ in it. */
  readonly shell?: string | undefined;
  /** An archive that classic Docker named by its digest, or one that Docker Official Images gave no telling name. */
  readonly isNameless?: boolean;
  /** Which tool assembled it, where that was no Dockerfile. */
  readonly tool?: 'apko' | 'bazel' | 'windows';
}

const SETTLING_MS = 10 * 60_000;
/** Lines of Ubuntu's own Dockerfiles up to 2021, between the root file system and CMD. */
const UBUNTU_POLISH =
  /policy-rc\.d|\/run\/systemd\/container|apt-get indextargets|sed -i 's\/\^#\\s\*\\\(deb\.\*universe/;

/** Finds the root file system at the bottom of a history; undefined when the first layer is something else. */
export function findRootfs(steps: readonly BuildStep[]): Rootfs | undefined {
  const first = steps.findIndex((step) => layerLike(step));
  const step = steps[first];
  if (!step) return undefined;
  const named =
    distroOfRootfsLine(step.args) ?? distroOfRootfsLine(step.comment) ?? launchpadDistro(steps.slice(0, first));
  if (named || isRootfsCopy(step)) return settled(steps, first, named);
  const tool = toolRootfs(step);
  return tool ? { end: endOfTool(steps, first, tool), evidence: shown(step.args), tool } : undefined;
}

/** A line as evidence: without secrets, and short. */
const shown = remember((line) => redact(line.slice(0, 400)).slice(0, 80));

/** Canonical builds its images on Launchpad, whose build arguments precede the archive. */
function launchpadDistro(before: readonly BuildStep[]): DistroName | undefined {
  if (!before.some((step) => step.verb === 'ARG' && step.args.startsWith('LAUNCHPAD_BUILD_ARCH'))) return undefined;
  const labels = before.filter((step) => step.verb === 'LABEL').map((step) => step.args.replaceAll('"', ''));
  const version = labels.map((line) => /image\.version=(\d\d\.\d\d)/.exec(line)?.[1]).find((found) => found);
  return version === undefined ? { id: 'ubuntu' } : { id: 'ubuntu', version };
}

/** A step that laid files down, whatever its flag says. */
function layerLike(step: BuildStep): boolean {
  return step.verb === 'ADD' || step.verb === 'COPY' || step.verb === 'RUN' || step.verb === 'OTHER' || isImport(step);
}

function isImport(step: BuildStep): boolean {
  return step.verb === 'NONE' && step.comment.startsWith('Imported from');
}

/** A whole tree put at the root: an archive that ADD unpacks, a classic `file:… in /`, a folder, or an import. */
function isRootfsCopy(step: BuildStep): boolean {
  if (isImport(step) || step.args.startsWith('KIWI ')) return true;
  if (step.verb === 'ADD')
    return /(?:^(?:file|dir|multi):\S+ in|\.tar(?:\.[a-z0-9]+)?|\.tgz) (?:\/|\.)$/.test(step.args.trim());
  return step.verb === 'COPY' && /^(?:\/rootfs\/?|rootfs\/|dir:\S+ in) (?:\/|\.)$/.test(step.args.trim());
}

function toolRootfs(step: BuildStep): Rootfs['tool'] {
  if (step.verb !== 'OTHER') return undefined;
  if (step.args.startsWith('apko') || step.author === 'apko') return 'apko';
  if (step.args.startsWith('bazel build')) return 'bazel';
  return step.args.startsWith('Apply image') ? 'windows' : undefined;
}

function endOfTool(steps: readonly BuildStep[], first: number, tool: Rootfs['tool']): number {
  const own = tool === 'windows' ? /^(?:Apply image|Install update)/ : tool === 'bazel' ? /^bazel build/ : /^apko/;
  let end = first + 1;
  while (own.test(steps[end]?.args ?? '')) end++;
  return end;
}

const NAMELESS = /^(?:file:\S+ in|rootfs\.tar(?:\.\w+)?) /;

/** Takes in the settings and the polish that belong to the same Dockerfile. */
function settled(steps: readonly BuildStep[], first: number, named: DistroName | undefined): Rootfs {
  const evidence = shown(steps[first]?.args || (steps[first]?.comment ?? ''));
  const shellAt = named ? -1 : shellOfOneBuild(steps, first);
  const end = shellAt > 0 ? withBuildInfo(steps, shellAt + 1) : endOfSettings(steps, first);
  const own = steps.slice(first, end);
  const command = steps.slice(0, end).find((step) => step.verb === 'CMD' || step.verb === 'ENTRYPOINT');
  return {
    end,
    evidence,
    distro: versioned(own, named) ?? (own.some(isUbuntuPolish) ? { id: 'ubuntu' } : undefined),
    shell: command && commandWords(command.args).join(' '),
    isNameless: shellAt < 0 && NAMELESS.test(evidence),
  };
}

/** Up to the first CMD or ENTRYPOINT, which may come before the files. */
function endOfSettings(steps: readonly BuildStep[], first: number): number {
  if (steps.slice(0, first).some((step) => step.verb === 'CMD' || step.verb === 'ENTRYPOINT')) return first + 1;
  let end = first + 1;
  for (let step = steps[end]; step && belongs(step, steps[first]); step = steps[end]) {
    end++;
    if (step.verb === 'CMD' || step.verb === 'ENTRYPOINT') break;
  }
  return end;
}

const ONE_BUILD_MS = 60_000;
const SHELL = /^(?:\/usr)?(?:\/bin\/)?(?:ba|a|da|z|k)?sh$/;

/**
 * The CMD that ends the Dockerfile of a distribution that no line names, where other steps lie between: it starts a
 * shell, and all was made within seconds. What is built on a distribution is built later, and starts something else.
 * @returns its index, or -1
 */
function shellOfOneBuild(steps: readonly BuildStep[], first: number): number {
  if (steps[first]?.created === undefined) return -1;
  for (let at = first + 1; at < steps.length; at++) {
    const step = steps[at];
    if (!step || gapMs(steps[at - 1], step) > ONE_BUILD_MS || step.verb === 'ENTRYPOINT') return -1;
    if (step.verb === 'CMD') return at > first + 1 && SHELL.test(commandWords(step.args).join(' ')) ? at : -1;
  }
  return -1;
}

/** Red Hat's pipelines add lists of contents and labels to what a Dockerfile made. */
function withBuildInfo(steps: readonly BuildStep[], from: number): number {
  let end = from;
  for (let step = steps[end]; step !== undefined; step = steps[++end]) {
    const info = step.verb === 'LABEL' || (step.verb === 'COPY' && /\/buildinfo\//.test(step.args.slice(-200)));
    if (!info || gapMs(steps[end - 1], step) > ONE_BUILD_MS) break;
  }
  return end;
}

/** A tool of several steps may name the release only in a later one. */
function versioned(steps: readonly BuildStep[], named: DistroName | undefined): DistroName | undefined {
  if (named === undefined || named.version !== undefined) return named;
  const lines = steps.map((step) => distroOfRootfsLine(step.args));
  return lines.find((distro) => distro?.id === named.id && distro.version !== undefined) ?? named;
}

function isUbuntuPolish(step: BuildStep): boolean {
  return step.verb === 'RUN' && UBUNTU_POLISH.test(step.args.slice(0, 400));
}

function belongs(step: BuildStep, rootfs: BuildStep | undefined): boolean {
  if (step.verb === 'NONE') return rootfs !== undefined && isImport(rootfs) && step.comment === '';
  if (step.verb === 'OTHER') return /^umoci |^# debian\.sh/.test(step.args);
  if (step.verb === 'RUN') return /^umoci |^rm -rf \/var\/lib\/apt\/lists\/\*$/.test(step.args) || isUbuntuPolish(step);
  if (step.verb !== 'CMD' && step.verb !== 'LABEL' && step.verb !== 'ENTRYPOINT' && step.verb !== 'MAINTAINER')
    return false;
  return gapMs(rootfs, step) <= SETTLING_MS;
}
