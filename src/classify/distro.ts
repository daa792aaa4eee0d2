import table from '../../config/distros.json' with { type: 'json' };
import { lookUp } from '../common/look-up.ts';
import { isWindows } from '../oci/platform.ts';
import type { Context } from './context.ts';
import { isLambda, labelDistro } from './distro-labels.ts';
import { distroOfReference } from './distro-reference.ts';
import { isChiselled, isDistroless } from './editions.ts';
import type { BuildStep } from './history/build-steps.ts';
import { MAX_COMMAND_LENGTH } from './history/instruction.ts';
import { packageManagersOf } from './history/package-managers.ts';
import { endsOfficial, officialOf, officialsSetBy, type Stack } from './history/stack.ts';
import {
  type DistroName,
  debianStableAt,
  distroName,
  releasesIn,
  releasesInstalledFrom,
  suiteOf,
} from './knowledge/distros.ts';
import type { OfficialImage } from './knowledge/official-images.ts';
import { type DistroVerdict, inferred } from './verdict.ts';

type ClaimSource = (context: Context, baseReferences: readonly string[]) => DistroVerdict | undefined;

/** From strongest to weakest. The later ones read every step, so they run only while something is missing. */
const SOURCES: readonly ClaimSource[] = [
  windowsClaim,
  rootfsClaim,
  referenceClaim,
  labelClaim,
  distrolessClaim,
  shellClaim,
  officialClaim,
  packageManagerClaim,
  lambdaClaim,
  namedReleaseClaim,
];

/**
 * The distribution of the image. The strongest claim decides which one; the version comes from the strongest claim that
 * names the same distribution and has a version.
 * @param baseReferences names of the base image and of all known images beneath, best proof first
 */
export function findDistro(context: Context, baseReferences: readonly string[]): DistroVerdict | undefined {
  let first: DistroVerdict | undefined;
  for (const source of SOURCES) {
    const claim = source(context, baseReferences);
    if (!claim || (first && claim.value.id !== first.value.id)) continue;
    if (claim.value.version !== undefined) return verdictOf(first ?? claim, claim);
    first ??= claim;
  }
  return first && verdictOf(first, first);
}

function verdictOf(first: DistroVerdict, versioned: DistroVerdict): DistroVerdict {
  const evidence = first === versioned ? first.evidence : `${first.evidence}, ${versioned.evidence}`;
  return { value: versioned.value, confidence: first.confidence, evidence };
}

function windowsClaim({ input }: Context): DistroVerdict | undefined {
  if (!isWindows(input.config)) return undefined;
  const value = distroName('windows', input.config.osVersion);
  return { value, evidence: 'config:os.version', confidence: 'declared' };
}

function rootfsClaim({ stack }: Context): DistroVerdict | undefined {
  const { rootfs } = stack;
  return rootfs?.distro && inferred(rootfs.distro, `history:${rootfs.evidence}`);
}

/**
 * Reads names such as `library/debian:bookworm-slim` and `library/node:20-alpine3.20`, preferring one with a version.
 */
function referenceClaim(_: Context, references: readonly string[]): DistroVerdict | undefined {
  const claims = references.flatMap((reference) => {
    const distro = distroOfReference(reference);
    return distro ? [inferred(distro, `base:${reference}`)] : [];
  });
  return claims.find((claim) => claim.value.version !== undefined) ?? claims[0];
}

function labelClaim({ input, env }: Context): DistroVerdict | undefined {
  const found = labelDistro(input.config.labels, env);
  return found && inferred(found.distro, `label:${found.label}`);
}

/**
 * Chiselled images are Ubuntu's, distroless ones Debian's. The history of newer distroless images names the release.
 */
function distrolessClaim(context: Context): DistroVerdict | undefined {
  if (isChiselled(context)) return inferred({ id: 'ubuntu' }, 'history:chiselled .NET');
  if (!isDistroless(context)) return undefined;
  const { stack, history } = context;
  const lines = history.steps.slice(0, stack.rootfs?.end ?? 0);
  const named = new Set(lines.flatMap(({ args }) => releasesIn(args).flatMap((release) => release.version ?? [])));
  const [version] = named;
  return inferred(
    distroName('debian', named.size === 1 ? version : undefined),
    `history:${stack.rootfs ? 'bazel' : 'empty'}+SSL_CERT_FILE`,
  );
}

/**
 * The time in which Ubuntu's images had the same CMD as Debian's.
 * @see docker-library/repo-info, ubuntu/remote/jammy-20221130.md
 */
const UBUNTU_WROTE_BASH = { from: '2021-05-01', until: '2023-02-01' } as const;

/**
 * Recognises a root file system from an archive with a generic name by its CMD. Docker Official Images use `/bin/sh` for
 * alpine, `sh` for busybox and `bash` for debian; ubuntu used `bash` too, from 2021 to early 2023.
 */
function shellClaim({ stack, history }: Context): DistroVerdict | undefined {
  const { shell, tool, isNameless = false } = stack.rootfs ?? {};
  if (shell === undefined || tool || !isNameless) return undefined;
  const created = history.steps[0]?.created;
  const evidence = `history:rootfs+CMD ["${shell.slice(0, 40)}"]`;
  const managers = packageManagersOf(history.steps);
  if (shell === '/bin/sh' && callsOnly(managers, 'apk')) return inferred({ id: 'alpine' }, evidence);
  if (shell === 'sh' && managers.size === 0) return inferred({ id: 'busybox' }, evidence);
  if (shell !== 'bash' || created === undefined || !callsOnly(managers, 'apt')) return undefined;
  const isAmbiguous = created >= UBUNTU_WROTE_BASH.from && created < UBUNTU_WROTE_BASH.until;
  return isAmbiguous ? undefined : inferred({ id: 'debian' }, evidence);
}

/** Whether the steps call no package manager but this one. */
function callsOnly(managers: ReadonlySet<string>, manager: string): boolean {
  return managers.size === 0 || (managers.size === 1 && managers.has(manager));
}

/**
 * Docker Official Images with apt are built on Debian, a few on Ubuntu; those with yum or dnf on an RPM distribution.
 */
function officialClaim({ stack, history }: Context): DistroVerdict | undefined {
  const managers = packageManagersOf(history.steps);
  const hasRpm = managers.has('yum') || managers.has('dnf');
  if (!hasRpm && !managers.has('apt')) return undefined;
  if (!hasRpm && stack.images.some(({ kind }) => kind === 'buildpack-deps'))
    return inferred({ id: 'debian' }, 'history:buildpack-deps');
  const claims = officialsOf(history.steps, stack).flatMap(({ repository, rpmDistro, aptDistro }) => {
    const id = hasRpm ? rpmDistro : aptDistro;
    return id === undefined ? [] : inferred({ id }, `history:${repository}`);
  });
  return claims[0];
}

/** The official images beneath, or the one that this image is, because it ends as that image's Dockerfile does. */
function officialsOf(steps: readonly BuildStep[], stack: Stack): readonly OfficialImage[] {
  const beneath = stack.images.flatMap((image) => officialOf(image) ?? []);
  const set = steps.flatMap(officialsSetBy);
  const isOfficial = beneath.length > 0 || set.some((image) => steps.some((step) => endsOfficial(step, image)));
  return isOfficial ? set : [];
}

/** Distributions by package manager, for managers of a single distribution. */
const DISTRO_OF_MANAGER: Readonly<Record<string, string>> = table.packageManagers;

/**
 * Recognises it by the package manager if it serves a single distribution. apk also serves Wolfi, but Wolfi's root file system
 * comes from apko, which is excluded here.
 */
function packageManagerClaim({ stack, history }: Context): DistroVerdict | undefined {
  const managers = packageManagersOf(history.steps);
  if (managers.size !== 1 || stack.rootfs?.tool) return undefined;
  const [only = ''] = managers;
  const id = lookUp(DISTRO_OF_MANAGER, only);
  if (id !== undefined) return inferred({ id }, `history:${only}`);
  const amazon = releasesNamed(history.steps).find((distro) => distro.id === 'amzn');
  return amazon && !managers.has('apt') ? inferred(amazon, 'history:Amazon Linux named') : undefined;
}

/**
 * AWS Lambda's images on Amazon Linux 2023 have microdnf, which can also be called as dnf; those on Amazon Linux 2 have
 * yum.
 * @see docs.aws.amazon.com/lambda, "Deploy Python Lambda functions with container images"
 */
function lambdaClaim({ env, history }: Context): DistroVerdict | undefined {
  const managers = packageManagersOf(history.steps);
  if (!isLambda(env) || managers.has('yum') === (managers.has('dnf') || managers.has('microdnf'))) return undefined;
  return inferred({ id: 'amzn', version: managers.has('yum') ? '2' : '2023' }, 'history:package manager of AWS Lambda');
}

/**
 * For images with apt, if all releases named in the history are of one distribution. Gives the version if they agree.
 */
function namedReleaseClaim({ stack, history }: Context): DistroVerdict | undefined {
  const managers = packageManagersOf(history.steps);
  if (stack.rootfs?.tool || !managers.has('apt') || !callsOnly(managers, 'apt')) return undefined;
  const named = releasesNamed(history.steps);
  const [first] = named;
  if (!first || named.some((distro) => distro.id !== first.id)) return undefined;
  const agreed = named.every((distro) => distro.version === first.version);
  return inferred(agreed ? first : { id: first.id }, 'history:release named');
}

/** PPAs name Ubuntu releases, but are used on Debian too. */
const UBUNTU_PPA = /\bppa[.:]/;

/** Releases named in ENV and RUN steps: `PKG_RELEASE=1~buster`, `libicu72`. */
function releasesNamed(steps: readonly BuildStep[]): readonly DistroName[] {
  const stable = debianStableAt(steps[0]?.created ?? '');
  return steps.flatMap((step) => {
    if (step.verb === 'ENV') return releasesIn(step.args);
    if (step.verb !== 'RUN' || UBUNTU_PPA.test(step.args.slice(0, MAX_COMMAND_LENGTH))) return [];
    // Commands also name suites of third-party repositories. Of Debian's releases, only the one that was stable at
    // build time counts.
    const named = releasesIn(step.args).filter((distro) => distro.id !== 'debian' || suiteOf(distro) === stable);
    return [...releasesInstalledFrom(step.args), ...named];
  });
}
