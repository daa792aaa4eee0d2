import { remember } from '../../common/remember.ts';
import { MINUTE_MS } from '../../common/units.ts';
import { redact } from '../../secrets/redact.ts';
import { type DistroName, distroName, distroOfRootfsLine } from '../knowledge/distros.ts';
import { type BuildStep, gapMs } from './build-steps.ts';
import { commandWords, copiesFiles, setsStart } from './instruction.ts';

/** The steps at the bottom of a history that create a distribution's root file system, or another file tree. */
export interface Rootfs {
  /** The number of steps up to its end; the step at this index is the first one above it. */
  readonly end: number;
  readonly distro?: DistroName | undefined;
  /** The history line that shows it, without secrets. */
  readonly evidence: string;
  /** The command line of its CMD, which differs between distributions. */
  readonly shell?: string | undefined;
  /** Whether its archive has a generic name: a digest (classic Docker) or `rootfs.tar` (Docker Official Images). */
  readonly isNameless?: boolean;
  /** The tool that assembled it, if that was not a Dockerfile build. */
  readonly tool?: 'apko' | 'bazel' | 'windows';
}

/** How long after the root file system its settings may follow. */
const SETTINGS_WITHIN_MS = 10 * MINUTE_MS;
/** Commands of Ubuntu's own Dockerfiles up to 2021, between the root file system and CMD. */
const UBUNTU_SETUP =
  /policy-rc\.d|\/run\/systemd\/container|apt-get indextargets|sed -i 's\/\^#\\s\*\\\(deb\.\*universe/;

/** Finds the root file system at the bottom of a history; undefined if the first layer is something else. */
export function findRootfs(steps: readonly BuildStep[]): Rootfs | undefined {
  const first = steps.findIndex(addsFiles);
  const step = steps[first];
  if (!step) return undefined;
  const named =
    distroOfRootfsLine(step.args) ?? distroOfRootfsLine(step.comment) ?? launchpadDistro(steps.slice(0, first));
  if (named || isRootfsCopy(step)) return withSettings(steps, first, named);
  const tool = rootfsTool(step);
  if (!tool) return undefined;
  let end = first + 1;
  while (TOOL_LINES[tool].test(steps[end]?.args ?? '')) end++;
  return { end, evidence: evidenceOf(step.args), tool };
}

/** A line as evidence: without secrets and at most 80 characters long. */
const evidenceOf = remember((line) => redact(line.slice(0, 400)).slice(0, 80));

/** Ubuntu, if the arguments before the archive are those of Launchpad, where Canonical builds its images. */
function launchpadDistro(before: readonly BuildStep[]): DistroName | undefined {
  if (!before.some((step) => step.verb === 'ARG' && step.args.startsWith('LAUNCHPAD_BUILD_ARCH'))) return undefined;
  const labels = before.filter((step) => step.verb === 'LABEL').map((step) => step.args.replaceAll('"', ''));
  const version = labels.map((line) => /image\.version=(\d\d\.\d\d)/.exec(line)?.[1]).find((found) => found);
  return distroName('ubuntu', version);
}

/** Whether a step may add files, whatever its `empty_layer` flag says. */
function addsFiles(step: BuildStep): boolean {
  return copiesFiles(step.verb) || step.verb === 'RUN' || step.verb === 'OTHER' || isImport(step);
}

/** Whether a step imported a file tree, as `docker import` does. */
export function isImport(step: BuildStep): boolean {
  return step.verb === 'NONE' && step.comment.startsWith('Imported from');
}

/** Whether a step puts a file tree at the root: an archive for ADD, a classic `file:… in /`, a folder, or an import. */
function isRootfsCopy(step: BuildStep): boolean {
  if (isImport(step) || step.args.startsWith('KIWI ')) return true;
  if (step.verb === 'ADD')
    return /(?:^(?:file|dir|multi):\S+ in|\.tar(?:\.[a-z0-9]+)?|\.tgz) (?:\/|\.)$/.test(step.args.trim());
  return step.verb === 'COPY' && /^(?:\/rootfs\/?|rootfs\/|dir:\S+ in) (?:\/|\.)$/.test(step.args.trim());
}

function rootfsTool(step: BuildStep): Rootfs['tool'] {
  if (step.verb !== 'OTHER') return undefined;
  if (step.args.startsWith('apko') || step.author === 'apko') return 'apko';
  if (step.args.startsWith('bazel build')) return 'bazel';
  return step.args.startsWith('Apply image') ? 'windows' : undefined;
}

/** The lines that each tool writes. */
const TOOL_LINES = { windows: /^(?:Apply image|Install update)/, bazel: /^bazel build/, apko: /^apko/ } as const;

const NAMELESS = /^(?:file:\S+ in|rootfs\.tar(?:\.\w+)?) /;

/** A root file system with the settings and setup commands that belong to the same Dockerfile. */
function withSettings(steps: readonly BuildStep[], first: number, named: DistroName | undefined): Rootfs {
  const evidence = evidenceOf(steps[first]?.args || (steps[first]?.comment ?? ''));
  const shellAt = named ? -1 : shellOfOneBuild(steps, first);
  const end = shellAt > 0 ? endOfBuildInfo(steps, shellAt + 1) : endOfSettings(steps, first);
  const own = steps.slice(first, end);
  const command = steps.slice(0, end).find(({ verb }) => setsStart(verb));
  return {
    end,
    evidence,
    distro: withVersion(own, named) ?? (own.some(isUbuntuSetup) ? { id: 'ubuntu' } : undefined),
    shell: command && commandWords(command.args).join(' '),
    isNameless: shellAt < 0 && NAMELESS.test(evidence),
  };
}

/**
 * The end of the settings after the root file system: the first CMD or ENTRYPOINT, unless that came before the files.
 */
function endOfSettings(steps: readonly BuildStep[], first: number): number {
  if (steps.slice(0, first).some(({ verb }) => setsStart(verb))) return first + 1;
  let end = first + 1;
  for (let step = steps[end]; step && belongsToRootfs(step, steps[first]); step = steps[end]) {
    end++;
    if (setsStart(step.verb)) break;
  }
  return end;
}

const SHELL = /^(?:\/usr)?(?:\/bin\/)?(?:ba|a|da|z|k)?sh$/;

/**
 * Finds the CMD that ends the Dockerfile of a distribution that no line names, with other steps in between. It starts a
 * shell, and no two steps are more than a minute apart. An image built on top would be built later, and start something
 * else.
 * @returns the index of the CMD, or -1
 */
function shellOfOneBuild(steps: readonly BuildStep[], first: number): number {
  if (steps[first]?.created === undefined) return -1;
  for (let index = first + 1; index < steps.length; index++) {
    const step = steps[index];
    if (!step || gapMs(steps[index - 1], step) > MINUTE_MS || step.verb === 'ENTRYPOINT') return -1;
    if (step.verb === 'CMD') return index > first + 1 && SHELL.test(commandWords(step.args).join(' ')) ? index : -1;
  }
  return -1;
}

/** The end of the content lists and labels that Red Hat's pipelines add after the Dockerfile's steps. */
function endOfBuildInfo(steps: readonly BuildStep[], from: number): number {
  let end = from;
  for (let step = steps[end]; step !== undefined; step = steps[++end]) {
    const isBuildInfo = step.verb === 'LABEL' || (step.verb === 'COPY' && /\/buildinfo\//.test(step.args.slice(-200)));
    if (!isBuildInfo || gapMs(steps[end - 1], step) > MINUTE_MS) break;
  }
  return end;
}

/** The distribution with its version, which a tool with several steps may write only in a later one. */
function withVersion(steps: readonly BuildStep[], named: DistroName | undefined): DistroName | undefined {
  if (named === undefined || named.version !== undefined) return named;
  const lines = steps.map((step) => distroOfRootfsLine(step.args));
  return lines.find((distro) => distro?.id === named.id && distro.version !== undefined) ?? named;
}

function isUbuntuSetup(step: BuildStep): boolean {
  return step.verb === 'RUN' && UBUNTU_SETUP.test(step.args.slice(0, 400));
}

function belongsToRootfs(step: BuildStep, rootfs: BuildStep | undefined): boolean {
  if (step.verb === 'NONE') return rootfs !== undefined && isImport(rootfs) && step.comment === '';
  if (step.verb === 'OTHER') return /^umoci |^# debian\.sh/.test(step.args);
  if (step.verb === 'RUN') return /^umoci |^rm -rf \/var\/lib\/apt\/lists\/\*$/.test(step.args) || isUbuntuSetup(step);
  const isSetting = setsStart(step.verb) || step.verb === 'LABEL' || step.verb === 'MAINTAINER';
  return isSetting && gapMs(rootfs, step) <= SETTINGS_WITHIN_MS;
}
