import type { Context } from './context.ts';
import { labelDistro } from './distro-labels.ts';
import type { BuildStep } from './history/build-steps.ts';
import { assignments } from './history/instruction.ts';
import { type DistroName, distroOfPackage, distroOfSuite, suitesIn } from './knowledge/distros.ts';
import { officialImageOf } from './knowledge/official-images.ts';
import type { Confidence, Judged } from './verdict.ts';

export type DistroVerdict = Judged<DistroName>;

interface Claim {
  readonly distro: DistroName;
  readonly confidence: Confidence;
  readonly evidence: string;
}

/**
 * The distribution of the image. The strongest claim says which one; the version comes from the strongest claim that
 * agrees and has one.
 * @param baseReferences names of the base image and of all known images beneath, best proof first
 */
export function findDistro(context: Context, baseReferences: readonly string[]): DistroVerdict | undefined {
  const claims = [
    ...windowsClaims(context),
    ...rootfsClaims(context),
    ...referenceClaims(baseReferences),
    ...labelClaims(context),
    ...shellClaims(context),
    ...officialClaims(context),
    ...packageManagerClaims(context),
  ];
  const [first] = claims;
  if (!first) return undefined;
  const versioned = claims.find((claim) => claim.distro.id === first.distro.id && claim.distro.version !== undefined);
  const version = versioned?.distro.version ?? versionOf(context, first.distro.id);
  const evidence = versioned && versioned !== first ? `${first.evidence}, ${versioned.evidence}` : first.evidence;
  const value = version === undefined ? { id: first.distro.id } : { id: first.distro.id, version };
  return { value, confidence: first.confidence, evidence };
}

function claim(distro: DistroName, evidence: string, confidence: Confidence = 'inferred'): Claim[] {
  return [{ distro, evidence, confidence }];
}

function windowsClaims({ input }: Context): Claim[] {
  if (input.config.os !== 'windows') return [];
  const version = input.config.osVersion ?? input.platform.osVersion;
  return claim(version ? { id: 'windows', version } : { id: 'windows' }, 'config:os.version', 'declared');
}

function rootfsClaims({ stack }: Context): Claim[] {
  const { rootfs } = stack;
  return rootfs?.distro ? claim(rootfs.distro, `history:${rootfs.evidence}`) : [];
}

/** Names such as `library/debian:bookworm-slim` and `library/node:20-alpine3.20`. */
function referenceClaims(references: readonly string[]): Claim[] {
  return references.flatMap((reference) => {
    const distro = distroOfReference(reference);
    return distro ? claim(distro, `base:${reference}`) : [];
  });
}

const DISTRO_REPOSITORIES: Readonly<Record<string, string>> = {
  alpine: 'alpine',
  debian: 'debian',
  ubuntu: 'ubuntu',
  busybox: 'busybox',
  fedora: 'fedora',
  almalinux: 'almalinux',
  rockylinux: 'rocky',
  amazonlinux: 'amzn',
  oraclelinux: 'ol',
  centos: 'centos',
  photon: 'photon',
  archlinux: 'arch',
};

/** The distribution that an image's name tells, by its repository or by its tag. */
export function distroOfReference(reference: string): DistroName | undefined {
  const match = /(?:^|\/)([a-z0-9._-]+?)(?::([\w.-]{1,128}))?(?:@\S*)?$/.exec(reference.slice(0, 512));
  const [, repository = '', tag = ''] = match ?? [];
  const id = DISTRO_REPOSITORIES[repository];
  if (id !== undefined) return ofTag(id, tag);
  const ubi = /^ubi(\d+)(?:-|$)/.exec(repository)?.[1];
  if (ubi !== undefined) return { id: 'rhel', version: ubi };
  const alpine = /(?:^|-)alpine(\d\.\d+)/.exec(tag)?.[1];
  if (alpine !== undefined) return { id: 'alpine', version: alpine };
  if (/(?:^|-)alpine(?:-|$)/.test(tag)) return { id: 'alpine' };
  return tag
    .split('-')
    .map(distroOfSuite)
    .find((distro) => distro !== undefined);
}

function ofTag(id: string, tag: string): DistroName {
  const suite = distroOfSuite(tag.split('-')[0] ?? '');
  if (suite?.id === id) return suite;
  const version = /^v?(\d+(?:\.\d+){0,2})(?:-|$)/.exec(tag)?.[1];
  return version === undefined ? { id } : { id, version };
}

function labelClaims(context: Context): Claim[] {
  const found = labelDistro(context.input.config.labels, context.env);
  return found ? claim(found.distro, `label:${found.label}`) : [];
}

const UBUNTU_WROTE_BASH_FROM = Date.parse('2021-05-01T00:00:00Z');
const UBUNTU_WROTE_BASH_UNTIL = Date.parse('2022-10-01T00:00:00Z');

/**
 * The CMD of a root file system whose archive has no name. As published by Docker Official Images: alpine `/bin/sh`,
 * busybox `sh`, debian `bash`; ubuntu wrote `bash` too, from 2021 to 2022.
 */
function shellClaims({ stack, history }: Context): Claim[] {
  const shell = stack.rootfs?.shell;
  const bottom = history.steps[0]?.createdMs;
  if (shell === undefined || stack.rootfs?.tool) return [];
  const evidence = `history:rootfs+CMD ["${shell.slice(0, 40)}"]`;
  const managers = packageManagers(history.steps);
  if (shell === '/bin/sh' && agrees(managers, 'apk')) return claim({ id: 'alpine' }, evidence);
  if (shell === 'sh' && managers.size === 0) return claim({ id: 'busybox' }, evidence);
  if (shell !== 'bash' || bottom === undefined || !agrees(managers, 'apt')) return [];
  const both = bottom >= UBUNTU_WROTE_BASH_FROM && bottom < UBUNTU_WROTE_BASH_UNTIL;
  return both ? [] : claim({ id: 'debian' }, evidence);
}

function agrees(managers: ReadonlySet<string>, manager: string): boolean {
  return managers.size === 0 || (managers.size === 1 && managers.has(manager));
}

/** Docker Official Images that use apt stand on Debian, some on Ubuntu. */
function officialClaims({ stack, history }: Context): Claim[] {
  const official = history.steps
    .filter((step) => step.verb === 'ENV')
    .flatMap((step) => assignments(step.args).map(([name, value]) => officialImageOf(name, value)))
    .find((image) => image?.aptDistro !== undefined);
  const deps = stack.images.some((image) => image.kind === 'buildpack-deps');
  if (!packageManagers(history.steps).has('apt')) return [];
  if (deps) return claim({ id: 'debian' }, 'history:buildpack-deps');
  return official?.aptDistro ? claim({ id: official.aptDistro }, `history:${official.repository}`) : [];
}

/** Only where a manager serves one distribution: apk's other one, Wolfi, is laid down by apko. */
function packageManagerClaims({ stack, history }: Context): Claim[] {
  const managers = packageManagers(history.steps);
  if (managers.size !== 1 || stack.rootfs?.tool) return [];
  if (managers.has('apk')) return claim({ id: 'alpine' }, 'history:apk');
  if (managers.has('pacman')) return claim({ id: 'arch' }, 'history:pacman');
  const amazon = releasesNamed(history.steps).find((distro) => distro.id === 'amzn');
  if (amazon && !managers.has('apt')) return claim(amazon, 'history:Amazon Linux named');
  if (!managers.has('apt')) return [];
  const ids = new Set(releasesNamed(history.steps).map((distro) => distro.id));
  const [id] = ids;
  return ids.size === 1 && id !== undefined ? claim({ id }, 'history:apt, release named') : [];
}

const MANAGERS =
  /(?<![\w./-])(apk|apt-get|apt|pacman|yum|dnf|microdnf|tdnf|zypper)(?= (?:-[\w-]+(?:[= ]\d+)? )*(?:add|install|update|upgrade|-S|del|remove))/g;

function packageManagers(steps: readonly BuildStep[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const step of steps) {
    if (step.verb !== 'RUN') continue;
    for (const match of step.args.slice(0, 4_000).matchAll(MANAGERS))
      found.add(match[1] === 'apt-get' ? 'apt' : (match[1] ?? ''));
  }
  return found;
}

/** Releases named in variables and commands: `PKG_RELEASE=1~buster`, `libicu72`. */
function releasesNamed(steps: readonly BuildStep[]): readonly DistroName[] {
  return steps.flatMap((step) => {
    if (step.verb !== 'RUN' && step.verb !== 'ENV') return [];
    const text = step.args.slice(0, 4_000);
    const ofPackage = distroOfPackage(text);
    return [...suitesIn(text), ...(ofPackage ? [ofPackage] : [])];
  });
}

/** A version that all releases named in the history agree on. */
function versionOf({ history, stack }: Context, id: string): string | undefined {
  if (stack.rootfs?.tool || (id !== 'debian' && id !== 'ubuntu')) return undefined;
  const named = releasesNamed(history.steps).filter((distro) => distro.id === id);
  const versions = new Set(named.map((distro) => distro.version));
  const [version] = versions;
  return versions.size === 1 ? version : undefined;
}
