import type { BuildStep } from './build-steps.ts';
import { rememberCommand } from './instruction.ts';

/** The stages of buildpack-deps, by the endings of their tags; `''` is the complete image. */
export type ToolStage = 'curl' | 'scm' | '';

/** A stage that a history shows. */
interface ShownStage {
  readonly variant: ToolStage;
  /** The index after its last step. */
  readonly end: number;
}

/**
 * The packages that each stage of buildpack-deps installs; older releases install fewer.
 * @see docker-library/buildpack-deps
 */
const CURL_PACKAGES = new Set(['ca-certificates', 'curl', 'dirmngr', 'gnupg', 'netbase', 'sq', 'tzdata', 'wget']);
const SCM_PACKAGES = new Set(['bzr', 'git', 'mercurial', 'openssh-client', 'procps', 'subversion']);

/** What each stage is built on. */
const BELOW: Readonly<Record<ToolStage, string>> = { curl: 'rootfs', scm: 'curl', '': 'scm' };

/**
 * The stage of buildpack-deps that begins at a step; undefined if none does. It counts only on top of the stage before
 * it: other steps install compilers, too.
 * @param below the stage beneath the step, or else the kind of image
 */
export function toolStageAt(
  steps: readonly BuildStep[],
  from: number,
  below: string | undefined,
): ShownStage | undefined {
  const variant = toolStage(steps[from]);
  if (variant === undefined || below !== BELOW[variant]) return undefined;
  return variant === 'curl' ? curlStage(steps, from) : { variant, end: from + 1 };
}

function curlStage(steps: readonly BuildStep[], from: number): ShownStage | undefined {
  const hasGpgStep = /command -v gpg/.test(steps[from + 1]?.args.slice(0, 200) ?? '');
  const end = from + (hasGpgStep ? 2 : 1);
  const isCertain = installedBy(steps[from]?.args ?? '').includes('netbase') || toolStage(steps[end]) === 'scm';
  return isCertain ? { variant: 'curl', end } : undefined;
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

/** The packages in the first `apt-get install` of a command. */
const installedBy: (command: string) => readonly string[] = rememberCommand((command) => {
  const [, list = ''] = /\bapt-get install ([^;&|]*)/.exec(command) ?? [];
  return list.split(/[\s\\]+/).filter((word) => word !== '' && !word.startsWith('-'));
});
