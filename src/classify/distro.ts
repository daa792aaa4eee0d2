import type { Context } from './context.ts';
import { isLambda, labelDistro } from './distro-labels.ts';
import { distroOfReference } from './distro-reference.ts';
import { isChiselled, isDistroless } from './distroless.ts';
import type { BuildStep } from './history/build-steps.ts';
import { endsOfficial, officialsSetBy, type Stack } from './history/stack.ts';
import { type DistroName, debianStableAt, releasesIn, suiteOf } from './knowledge/distros.ts';
import type { OfficialImage } from './knowledge/official-images.ts';
import { lookUp } from './look-up.ts';
import type { Confidence, Judged } from './verdict.ts';

export type DistroVerdict = Judged<DistroName>;

interface Claim {
  readonly distro: DistroName;
  readonly confidence: Confidence;
  readonly evidence: string;
}

type ClaimSource = (context: Context, baseReferences: readonly string[]) => Claim | undefined;

/** The strongest first; the later ones read every step, and are asked only while something is missing. */
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
 * The distribution of the image. The strongest claim says which one; the version comes from the strongest claim that
 * agrees and has one.
 * @param baseReferences names of the base image and of all known images beneath, best proof first
 */
export function findDistro(context: Context, baseReferences: readonly string[]): DistroVerdict | undefined {
  let first: Claim | undefined;
  for (const source of SOURCES) {
    const claim = source(context, baseReferences);
    if (!claim || (first && claim.distro.id !== first.distro.id)) continue;
    if (claim.distro.version !== undefined) return verdictOf(first ?? claim, claim);
    first ??= claim;
  }
  return first && verdictOf(first, first);
}

function verdictOf(first: Claim, versioned: Claim): DistroVerdict {
  const evidence = first === versioned ? first.evidence : `${first.evidence}, ${versioned.evidence}`;
  return { value: versioned.distro, confidence: first.confidence, evidence };
}

function inferred(distro: DistroName, evidence: string): Claim {
  return { distro, evidence, confidence: 'inferred' };
}

function windowsClaim({ input }: Context): Claim | undefined {
  if (input.config.os !== 'windows') return undefined;
  const version = input.config.osVersion ?? input.platform.osVersion;
  const distro = version ? { id: 'windows', version } : { id: 'windows' };
  return { distro, evidence: 'config:os.version', confidence: 'declared' };
}

function rootfsClaim({ stack }: Context): Claim | undefined {
  const { rootfs } = stack;
  return rootfs?.distro && inferred(rootfs.distro, `history:${rootfs.evidence}`);
}

/** Names such as `library/debian:bookworm-slim` and `library/node:20-alpine3.20`; one with a version before one without. */
function referenceClaim(_: Context, references: readonly string[]): Claim | undefined {
  const claims = references.flatMap((reference) => {
    const distro = distroOfReference(reference);
    return distro ? [inferred(distro, `base:${reference}`)] : [];
  });
  return claims.find((claim) => claim.distro.version !== undefined) ?? claims[0];
}

function labelClaim({ input, env }: Context): Claim | undefined {
  const found = labelDistro(input.config.labels, env);
  return found && inferred(found.distro, `label:${found.label}`);
}

/** All of Google's distroless images are Debian's; newer ones name the release in their history. */
function distrolessClaim(context: Context): Claim | undefined {
  if (isChiselled(context)) return inferred({ id: 'ubuntu' }, 'history:chiselled .NET');
  if (!isDistroless(context)) return undefined;
  const { stack, history } = context;
  const lines = history.steps.slice(0, stack.rootfs?.end ?? 0);
  const named = new Set(lines.flatMap(({ args }) => releasesIn(args).flatMap((release) => release.version ?? [])));
  const [version] = named;
  const distro = version !== undefined && named.size === 1 ? { id: 'debian', version } : { id: 'debian' };
  return inferred(distro, `history:${stack.rootfs ? 'bazel' : 'empty'}+SSL_CERT_FILE`);
}

/** Ubuntu's images had Debian's CMD between these days. @see docker-library/repo-info, ubuntu/remote/jammy-20221130.md */
const UBUNTU_WROTE_BASH = { from: '2021-05-01', until: '2023-02-01' } as const;

/**
 * The CMD of a root file system whose archive has no name. As published by Docker Official Images: alpine `/bin/sh`,
 * busybox `sh`, debian `bash`; ubuntu wrote `bash` too, from 2021 to early 2023.
 */
function shellClaim({ stack, history, packageManagers }: Context): Claim | undefined {
  const shell = stack.rootfs?.shell;
  const created = history.steps[0]?.created;
  if (shell === undefined || stack.rootfs?.tool || !stack.rootfs?.isNameless) return undefined;
  const evidence = `history:rootfs+CMD ["${shell.slice(0, 40)}"]`;
  const managers = packageManagers();
  if (shell === '/bin/sh' && agrees(managers, 'apk')) return inferred({ id: 'alpine' }, evidence);
  if (shell === 'sh' && managers.size === 0) return inferred({ id: 'busybox' }, evidence);
  if (shell !== 'bash' || created === undefined || !agrees(managers, 'apt')) return undefined;
  const both = created >= UBUNTU_WROTE_BASH.from && created < UBUNTU_WROTE_BASH.until;
  return both ? undefined : inferred({ id: 'debian' }, evidence);
}

function agrees(managers: ReadonlySet<string>, manager: string): boolean {
  return managers.size === 0 || (managers.size === 1 && managers.has(manager));
}

/** Docker Official Images that use apt stand on Debian, some on Ubuntu. */
function officialClaim({ stack, history, packageManagers }: Context): Claim | undefined {
  const managers = packageManagers();
  if (managers.has('yum') || managers.has('dnf')) {
    const rpm = officialsOf(history.steps, stack).find((image) => image.rpmDistro !== undefined);
    return rpm?.rpmDistro ? inferred({ id: rpm.rpmDistro }, `history:${rpm.repository}`) : undefined;
  }
  if (!managers.has('apt')) return undefined;
  const deps = stack.images.some((image) => image.kind === 'buildpack-deps');
  if (deps) return inferred({ id: 'debian' }, 'history:buildpack-deps');
  const official = officialsOf(history.steps, stack).find((image) => image.aptDistro !== undefined);
  return official?.aptDistro ? inferred({ id: official.aptDistro }, `history:${official.repository}`) : undefined;
}

/** The known images beneath, or the one that this image is: it ends as their Dockerfiles do. */
function officialsOf(steps: readonly BuildStep[], stack: Stack): readonly OfficialImage[] {
  const beneath = stack.images.flatMap((image) => image.official ?? []);
  const set = steps.flatMap(officialsSetBy);
  const lies =
    set.length > 0 && (beneath.length > 0 || set.some((image) => steps.some((step) => endsOfficial(step, image))));
  return lies ? set : [];
}

const OWN_MANAGERS: Readonly<Record<string, string>> = {
  apk: 'alpine',
  pacman: 'arch',
  xbps: 'void',
  emerge: 'gentoo',
  swupd: 'clear-linux-os',
};

/** Only where a manager serves one distribution: apk's other one, Wolfi, is laid down by apko. */
function packageManagerClaim({ stack, history, packageManagers }: Context): Claim | undefined {
  const managers = packageManagers();
  if (managers.size !== 1 || stack.rootfs?.tool) return undefined;
  const [only = ''] = managers;
  const id = lookUp(OWN_MANAGERS, only);
  if (id !== undefined) return inferred({ id }, `history:${only}`);
  const amazon = releasesNamed(history.steps).find((distro) => distro.id === 'amzn');
  return amazon && !managers.has('apt') ? inferred(amazon, 'history:Amazon Linux named') : undefined;
}

/**
 * AWS Lambda's images on Amazon Linux 2023 have microdnf, which is called dnf, too; those on Amazon Linux 2 have yum.
 * @see docs.aws.amazon.com/lambda, "Deploy Python Lambda functions with container images"
 */
function lambdaClaim({ env, packageManagers }: Context): Claim | undefined {
  const managers = packageManagers();
  if (!isLambda(env) || managers.has('yum') === (managers.has('dnf') || managers.has('microdnf'))) return undefined;
  return inferred({ id: 'amzn', version: managers.has('yum') ? '2' : '2023' }, 'history:package manager of AWS Lambda');
}

/** Where apt is used and every release that the history names is of one distribution; the version, if they agree. */
function namedReleaseClaim({ stack, history, packageManagers }: Context): Claim | undefined {
  const managers = packageManagers();
  if (stack.rootfs?.tool || !managers.has('apt') || !agrees(managers, 'apt')) return undefined;
  const named = releasesNamed(history.steps);
  const [first] = named;
  if (!first || named.some((distro) => distro.id !== first.id)) return undefined;
  const agreed = named.every((distro) => distro.version === first.version);
  return inferred(agreed ? first : { id: first.id }, 'history:release named');
}

/** Archives of packages for Ubuntu, which people use on Debian too. */
const OTHERS_ARCHIVE = /\bppa[.:]/;

/** Releases named in variables and commands: `PKG_RELEASE=1~buster`, `libicu72`. */
function releasesNamed(steps: readonly BuildStep[]): readonly DistroName[] {
  const stable = debianStableAt(steps[0]?.created ?? '');
  return steps.flatMap((step) => {
    if (step.verb === 'ENV') return releasesIn(step.args);
    if (step.verb !== 'RUN' || OTHERS_ARCHIVE.test(step.args.slice(0, 4_000))) return [];
    // Commands also name the suites of other people's repositories: of Debian's, only the one that was stable then counts.
    return releasesIn(step.args).filter((distro) => distro.id !== 'debian' || suiteOf(distro) === stable);
  });
}
