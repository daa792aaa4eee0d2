import { type Context, variableAt } from '../context.ts';
import type { StackedImage } from '../history/stack.ts';
import { type DistroName, debianStableAt, distroOfSuite, suiteOf } from '../knowledge/distros.ts';
import { dotnetSuite, type OfficialImage, type TagScheme } from '../knowledge/official-images.ts';
import { lookUp } from '../look-up.ts';
import { temurinKind } from '../temurin.ts';
import { universalBase } from '../universal-base.ts';

/**
 * Names for an image that only its history shows, as Docker Hub calls it. All names of one answer meant the same
 * layers when they were published: `3.24` and `3.24.2`. Without a version, the repository alone.
 */
export function inferReferences(context: Context, at: number, distro: DistroName | undefined): readonly string[] {
  const image = context.stack.images[at];
  if (!image) return [];
  if (image.kind === 'named') return image.reference === undefined ? [] : [normaliseReference(image.reference)];
  if (image.kind === 'rootfs') return rootfsNames(context, distro);
  if (image.kind === 'buildpack-deps') return buildpackNames(image, distro);
  return image.official ? officialNames(context, image, image.official, at, distro) : [];
}

/** Docker Hub's host left out, `library/` written: `docker.io/alpine:3.20@sha256:…` is `library/alpine:3.20`. */
export function normaliseReference(text: string): string {
  const named = text.replace(/^docker-image:\/\/|^docker:\/\//, '').replace(/@.*$/, '');
  const bare = named.replace(/^(?:docker\.io|index\.docker\.io|registry-1\.docker\.io)\//, '');
  return bare.includes('/') || bare === 'scratch' ? bare : `library/${bare}`;
}

/** Compressed, the slim root file systems of Debian 8 to 13 are 22 to 32 MB on any platform, the full ones 43 to 55. */
const SLIM_LIMIT_BYTES = 38_000_000;

function isSlim(context: Context): boolean | undefined {
  const size = context.input.manifest.layers[0]?.size;
  return size === undefined || size === 0 || !context.history.aligned ? undefined : size < SLIM_LIMIT_BYTES;
}

const REPOSITORIES: Readonly<Record<string, string>> = {
  rocky: 'rockylinux',
  amzn: 'amazonlinux',
  ol: 'oraclelinux',
  arch: 'archlinux',
  altlinux: 'alt',
};

/** What an archive's name and the tag have in common: `almalinux-10-kitten-minimal-amd64.tar.xz` is `10-kitten-minimal`. */
const EDITION = /(?:-kitten)?-(?:slim|minimal|init|micro)\b|-kitten\b/i;

function rootfsNames(context: Context, distro: DistroName | undefined): readonly string[] {
  const vendor = vendorName(context);
  if (vendor !== undefined) return [vendor];
  const { rootfs } = context.stack;
  if (!distro || !rootfs || rootfs.tool) return [];
  // Whoever lays down a Debian of their own, as Bitnami does, does not stand on Docker Hub's.
  if (!rootfs.distro && !rootfs.isNameless && NAMING_THEIR_ARCHIVE.has(distro.id)) return [];
  const elsewhere = namesElsewhere(context, distro);
  if (elsewhere) return elsewhere;
  const repository = `library/${lookUp(REPOSITORIES, distro.id) ?? distro.id}`;
  if (distro.id === 'debian') return debianNames(context, distro);
  const edge = distro.id === 'alpine' ? /^alpine-minirootfs-(20\d{6})-/.exec(rootfs.evidence)?.[1] : undefined;
  if (edge !== undefined) return tagged(repository, ['edge', edge]);
  if (distro.version === undefined) return HUB_DISTROS.has(distro.id) ? [repository] : [];
  if (distro.id === 'alpine') return tagged(repository, [minor(distro.version), distro.version]);
  if (distro.id === 'ubuntu') return tagged(repository, [distro.version, suiteOf(distro) ?? '']);
  const edition = EDITION.exec(rootfs.evidence)?.[0].toLowerCase() ?? '';
  return HUB_DISTROS.has(distro.id) ? tagged(repository, [distro.version + edition]) : [];
}

/** The last day on which CentOS published on Docker Hub; CentOS Stream is on Quay alone. */
const CENTOS_LEFT_HUB = '2021-09-16';

/** Names of images that their distribution publishes in other registries than Docker Hub, and that are not the same there. */
function namesElsewhere({ stack, history }: Context, distro: DistroName): readonly string[] | undefined {
  if (distro.id === 'centos' && (history.steps[0]?.created ?? '') >= CENTOS_LEFT_HUB) return ['quay.io/centos/centos'];
  if (distro.id === 'fedora' && stack.rootfs?.evidence.startsWith('KIWI ')) {
    const tag = distro.version === undefined ? '' : `:${distro.version}`;
    return ['quay.io/fedora/fedora', 'registry.fedoraproject.org/fedora'].map((name) => name + tag);
  }
  if (distro.id !== 'opensuse-leap' || distro.version === undefined) return undefined;
  return ['opensuse/leap', 'registry.opensuse.org/opensuse/leap'].map((name) => `${name}:${distro.version}`);
}

/** Distributions whose images on Docker Hub begin with an archive that is named for them, or not at all. */
const NAMING_THEIR_ARCHIVE = new Set(['alpine', 'busybox', 'debian', 'ubuntu']);

/** Vendors whose images name themselves in labels, which what is built on them inherits. */
function vendorName({ input }: Context): string | undefined {
  const { labels } = input.config;
  const chainguard = /^[a-z0-9._-]{1,60}$/.exec(labels['dev.chainguard.image.title'] ?? '')?.[0];
  if (chainguard !== undefined) return `cgr.dev/chainguard/${chainguard}`;
  const suse = suseName(labels);
  if (suse !== undefined) return suse;
  const universal = universalBase(labels);
  if (!universal) return undefined;
  const { release, edition } = universal;
  // Who builds on it may set a version of their own beside the inherited name.
  const told = /^\d+\.\d+$/.exec(labels.name?.startsWith(`ubi${release}`) ? (labels.version ?? '') : '')?.[0];
  const version = told?.startsWith(`${release}.`) ? told : undefined;
  return `registry.access.redhat.com/ubi${release}/ubi${edition ? `-${edition}` : ''}${version ? `:${version}` : ''}`;
}

/**
 * SUSE's images repeat their labels under names of their own; where the name that all share is still that of the base, no
 * other image of SUSE's lies between. @see en.opensuse.org, "Building derived containers"
 */
function suseName(labels: Readonly<Record<string, string>>): string | undefined {
  const uppermost = labels['org.opensuse.reference'];
  const bases = ['com.suse.bci.base', 'com.suse.sle.base', 'com.suse.bci.micro'];
  const isBase = bases.some((prefix) => labels[`${prefix}.reference`] === uppermost);
  return isBase ? /^registry\.suse\.com\/[a-z\d/._-]{1,100}:[\w.-]{1,60}$/.exec(uppermost ?? '')?.[0] : undefined;
}

const HUB_DISTROS = new Set([
  'alpine',
  'almalinux',
  'altlinux',
  'amzn',
  'arch',
  'busybox',
  'centos',
  'debian',
  'fedora',
  'mageia',
  'ol',
  'photon',
  'rocky',
  'ubuntu',
]);

/** Debian's images of what moves on have layers of their own, and are named by the word that they were built as. */
const MOVING_SUITE = /^# debian\.sh .*'(testing|unstable|sid|(?:old)*stable)' '@/;

function debianNames(context: Context, distro: DistroName): readonly string[] {
  const evidence = context.stack.rootfs?.evidence ?? '';
  const moving = MOVING_SUITE.exec(evidence)?.[1];
  const suite = moving ?? suiteOf(distro);
  const slim = isSlim(context);
  if (suite === undefined || slim === undefined) return ['library/debian'];
  const ending = slim ? '-slim' : '';
  const snapshot = /'@(\d{9,11})'/.exec(evidence)?.[1];
  const day = snapshot ? new Date(Number(snapshot) * 1_000).toISOString().slice(0, 10).replaceAll('-', '') : undefined;
  const version = moving ? [] : [distro.version ?? suite];
  return tagged(
    'library/debian',
    [suite, ...version, ...(day ? [`${suite}-${day}`] : [])].map((tag) => tag + ending),
  );
}

function buildpackNames(image: StackedImage, distro: DistroName | undefined): readonly string[] {
  const suite = distro ? suiteOf(distro) : undefined;
  if (suite === undefined) return ['library/buildpack-deps'];
  return [`library/buildpack-deps:${suite}${image.variant ? `-${image.variant}` : ''}`];
}

interface Variant {
  /** `alpine3.24` and `alpine`, or `bookworm`. */
  readonly suites: readonly string[];
  /** The suite that a tag without one stands for. */
  readonly isDefault: boolean;
  readonly slim: boolean;
}

function officialNames(
  context: Context,
  image: StackedImage,
  official: OfficialImage,
  at: number,
  distro: DistroName | undefined,
): readonly string[] {
  if (isImpostor(context, image, official, at, distro)) return [];
  const version = versionOf(context, official, image.end);
  if (version === undefined || official.tags === 'none') return [official.repository];
  const variant = variantOf(context, at, official, distro, version);
  // A tag without a variant is a claim too: that of the default.
  if (!variant) return [official.repository];
  const endings = ENDINGS[official.tags](variant, context, image.end);
  if (endings.length === 0) return [official.repository];
  return tagged(
    official.repository,
    versionTags(version, official).flatMap((tag) => endings.map((ending) => tag + ending)),
  );
}

/** Official Dockerfiles of most of these images keep root as their user, and all stand on few distributions. */
function isImpostor(
  context: Context,
  image: StackedImage,
  official: OfficialImage,
  at: number,
  distro: DistroName | undefined,
): boolean {
  const start = context.stack.images[at - 1]?.end ?? 0;
  const own = context.history.steps.slice(start, image.end);
  return !standsOn(official, distro?.id) || (!official.setsUser && own.some((step) => step.verb === 'USER'));
}

function standsOn(official: OfficialImage, id: string | undefined): boolean {
  if (id === 'alpine') return official.alpine;
  if (id === 'rhel' && official.tags === 'temurin') return true;
  const anywhere = id === undefined || id === 'windows' || official.aptDistro === undefined;
  return anywhere || id === official.aptDistro || id === official.rpmDistro;
}

function versionOf(context: Context, official: OfficialImage, end: number): string | undefined {
  const value = variableAt(context, official.versionEnv, end) ?? context.env.get(official.versionEnv);
  if (value === undefined) return undefined;
  const version = official.versionPattern
    ? official.versionPattern.exec(value)?.[1]
    : value.replace(/^(?:jdk-?|v)/, '');
  return version !== undefined && /^\d[\w.+-]{0,60}$/.test(version) ? version : undefined;
}

function versionTags(version: string, { tags, majorTag }: OfficialImage): readonly string[] {
  const tag = version.replace('+', '_');
  const [major = ''] = /^\d+/.exec(tag) ?? [];
  if (tags === 'temurin') return [major, tag];
  return majorTag ? [major, minor(tag), tag] : [minor(tag), tag];
}

function variantOf(
  context: Context,
  at: number,
  official: OfficialImage,
  distro: DistroName | undefined,
  version: string,
): Variant | undefined {
  if (distro?.id === 'alpine') {
    const release = distro.version === undefined ? [] : [`alpine${minor(distro.version)}`];
    return { suites: ['alpine', ...release], isDefault: false, slim: false };
  }
  if (distro?.id === 'rhel') return universalVariant(context);
  const suite = distro ? suiteOf(distro) : undefined;
  const full = context.stack.images.slice(0, at).some((image) => image.kind === 'buildpack-deps');
  const created = context.history.steps[0]?.created;
  if (distro === undefined) return undefined;
  if (suite === undefined) {
    const usual = distro.id === official.aptDistro || distro.id === official.rpmDistro;
    return usual ? { suites: [], isDefault: true, slim: !full } : undefined;
  }
  const isDefault =
    official.tags === 'dotnet'
      ? dotnetSuite(version) === suite
      : official.followsDebian && created !== undefined && debianStableAt(created) === suite;
  return { suites: [suite], isDefault, slim: !full };
}

/** `ubi9-minimal`, as Red Hat's label and Temurin's tags say it. */
function universalVariant({ input }: Context): Variant | undefined {
  const { release, edition } = universalBase(input.config.labels) ?? {};
  return edition === 'minimal' ? { suites: [`ubi${release}-minimal`], isDefault: false, slim: false } : undefined;
}

type Endings = (variant: Variant, context: Context, end: number) => readonly string[];

const ENDINGS: Readonly<Record<TagScheme, Endings>> = {
  'suite-slim': (variant) => withSlim(variant, (suite) => `-${suite}-slim`),
  'slim-suite': (variant) => withSlim(variant, (suite) => `-slim-${suite}`),
  suite: (variant) => plainEndings(variant),
  slim: (variant) => [variant.suites[0] === 'alpine' ? '-alpine' : variant.slim ? '-slim' : ''],
  php: (variant, context, end) => {
    const command = /"(php-fpm|apache2-foreground)"/.exec(lastCommand(context, end))?.[1];
    const kind = command === 'php-fpm' ? '-fpm' : command === undefined ? '-cli' : '-apache';
    return plainEndings(variant).map((ending) => kind + ending);
  },
  temurin: (variant, context, end) => {
    const kind = temurinKind(context.history.steps.slice(0, end), variableAt(context, 'JAVA_VERSION', end));
    if (!kind) return [];
    const built = context.history.steps[end - 1]?.created;
    const isUbuntu = !/^(?:alpine|ubi)/.test(variant.suites[0] ?? '');
    const isDefault = isUbuntu && !variant.suites.some((suite) => isSucceeded(suite, built));
    const suites = variant.suites.flatMap((suite) => temurinSuite(suite) ?? []);
    return [...(isDefault ? [''] : []), ...suites.map((suite) => `-${suite}`)].map((ending) => `-${kind}${ending}`);
  },
  nginx: (variant, context, end) => {
    const slim = variant.suites[0] === 'alpine' && variableAt(context, 'NJS_VERSION', end) === undefined;
    return plainEndings(variant).map((ending) => (slim ? `${ending}-slim` : ending));
  },
  dotnet: (variant) => {
    const debian = variant.suites.some((suite) => debianSuites.has(suite));
    return plainEndings(variant).map((ending) => (debian && ending !== '' ? `${ending}-slim` : ending));
  },
  none: () => [''],
};

/** Of Alpine, Temurin's tags name the release from 3.20 on, and with a hyphen: `21-jre-alpine-3.24`. */
function temurinSuite(suite: string): string | undefined {
  const [, release] = /^alpine3\.(\d+)$/.exec(suite) ?? [];
  if (release === undefined) return suite;
  return Number(release) >= 20 ? `alpine-3.${release}` : undefined;
}

/** Whether the next long-term release of Ubuntu was half a year old, by when tags without a suite have moved to it. */
function isSucceeded(suite: string, built: string | undefined): boolean {
  const year = Number(distroOfSuite(suite)?.version?.slice(0, 2));
  return built !== undefined && built >= `20${year + 2}-10-25`;
}

const debianSuites = new Set(['buster', 'bullseye', 'bookworm', 'trixie']);

function plainEndings(variant: Variant): readonly string[] {
  return [...(variant.isDefault ? [''] : []), ...variant.suites.map((suite) => `-${suite}`)];
}

function withSlim(variant: Variant, slimEnding: (suite: string) => string): readonly string[] {
  if (variant.suites[0] === 'alpine' || !variant.slim) return plainEndings(variant);
  return [...(variant.isDefault ? ['-slim'] : []), ...variant.suites.map(slimEnding)];
}

function lastCommand(context: Context, end: number): string {
  return (
    context.history.steps
      .slice(0, end)
      .findLast((step) => step.verb === 'CMD')
      ?.args.slice(0, 200) ?? ''
  );
}

function minor(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

/** References by tag, sorted, each once; an empty tag is none. */
function tagged(repository: string, tags: readonly string[]): readonly string[] {
  const references = new Set<string>();
  for (const tag of tags) if (tag !== '') references.add(`${repository}:${tag}`);
  return [...references].sort();
}
