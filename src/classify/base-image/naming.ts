import table from '../../../config/distros.json' with { type: 'json' };
import { dayOf } from '../../common/day.ts';
import { lookUp } from '../../common/look-up.ts';
import type { Context } from '../context.ts';
import { isLambda } from '../distro-labels.ts';
import { isSlimDebian, universalBase } from '../editions.ts';
import type { ToolStage } from '../history/buildpack-deps.ts';
import type { Rootfs } from '../history/rootfs.ts';
import type { StackedImage } from '../history/stack.ts';
import { type DistroName, suiteOf } from '../knowledge/distros.ts';
import { officialNames } from './official-names.ts';
import { minor, normaliseReference, tagged } from './references.ts';

/**
 * The names, as on Docker Hub, of the uppermost image in the history's stack. All names in one answer referred to the
 * same layers when they were published: `3.24` and `3.24.2`. Without a version, the repository alone; empty if nothing
 * names the image.
 */
export function inferReferences(
  context: Context,
  image: StackedImage,
  distro: DistroName | undefined,
): readonly string[] {
  switch (image.kind) {
    case 'named':
      return [normaliseReference(image.reference)];
    case 'rootfs':
      return rootfsNames(context, distro);
    case 'buildpack-deps':
      return buildpackNames(image.variant, distro);
    case 'official':
      return officialNames({ context, official: image.official, end: image.end, distro });
    case 'unknown':
      return [];
  }
}

/** The repositories of distributions on Docker Hub. */
const HUB_REPOSITORIES: Readonly<Record<string, string>> = table.hubRepositories;

/** The part of an archive's name that tags repeat: `-kitten-minimal` in `almalinux-10-kitten-minimal-amd64.tar.xz`. */
const EDITION = /(?:-kitten)?-(?:slim|minimal|init|micro)\b|-kitten\b/i;

function rootfsNames(context: Context, distro: DistroName | undefined): readonly string[] {
  const vendor = vendorName(context);
  if (vendor !== undefined) return [vendor];
  const { rootfs } = context.stack;
  if (!distro || !rootfs || isVendors(rootfs, context, distro)) return [];
  const elsewhere = namesElsewhere(context, distro);
  if (elsewhere) return elsewhere;
  if (distro.id === 'debian') return debianNames(context, distro);
  const name = lookUp(HUB_REPOSITORIES, distro.id);
  return name === undefined ? [] : hubNames(`library/${name}`, rootfs, distro);
}

/** Whether a vendor such as Bitnami made the root file system: such images are not built on Docker Hub's. */
function isVendors(rootfs: Rootfs, { env }: Context, { id }: DistroName): boolean {
  if (rootfs.tool || isLambda(env)) return true;
  return !rootfs.distro && !rootfs.isNameless && NAMED_ARCHIVES.has(id);
}

function hubNames(repository: string, { evidence }: Rootfs, distro: DistroName): readonly string[] {
  const { id, version } = distro;
  const edge = id === 'alpine' ? /^alpine-minirootfs-(20\d{6})-/.exec(evidence)?.[1] : undefined;
  if (edge !== undefined) return tagged(repository, ['edge', edge]);
  if (version === undefined) return [repository];
  if (id === 'alpine') return tagged(repository, [minor(version), version]);
  if (id === 'ubuntu') return tagged(repository, [version, suiteOf(distro) ?? '']);
  return tagged(repository, [version + (EDITION.exec(evidence)?.[0].toLowerCase() ?? '')]);
}

/** Docker Hub has no CentOS images that were created on this day or later; CentOS Stream is only on Quay. */
const CENTOS_LEFT_HUB = '2021-09-16';

/** Names of images that a distribution publishes on other registries than Docker Hub, with other content there. */
function namesElsewhere({ stack, history }: Context, distro: DistroName): readonly string[] | undefined {
  if (distro.id === 'centos' && (history.steps[0]?.created ?? '') >= CENTOS_LEFT_HUB) return ['quay.io/centos/centos'];
  if (distro.id === 'fedora' && stack.rootfs?.evidence.startsWith('KIWI ')) {
    const tag = distro.version === undefined ? '' : `:${distro.version}`;
    return ['quay.io/fedora/fedora', 'registry.fedoraproject.org/fedora'].map((name) => name + tag);
  }
  if (distro.id !== 'opensuse-leap' || distro.version === undefined) return undefined;
  return ['opensuse/leap', 'registry.opensuse.org/opensuse/leap'].map((name) => `${name}:${distro.version}`);
}

/** Distributions whose archives on Docker Hub have the distribution's name or a generic one. */
const NAMED_ARCHIVES = new Set(['alpine', 'busybox', 'debian', 'ubuntu']);

/** The name that a vendor's image states in its labels. Images built on top inherit it. */
function vendorName({ input }: Context): string | undefined {
  const { labels } = input.config;
  const chainguard = /^[a-z0-9._-]{1,60}$/.exec(labels['dev.chainguard.image.title'] ?? '')?.[0];
  if (chainguard !== undefined) return `cgr.dev/chainguard/${chainguard}`;
  const suse = suseName(labels);
  if (suse !== undefined) return suse;
  const universal = universalBase(labels);
  if (!universal) return undefined;
  const { release, edition } = universal;
  // An image built on top may set its own version label beside the inherited name.
  const stated = /^\d+\.\d+$/.exec(labels.name?.startsWith(`ubi${release}`) ? (labels.version ?? '') : '')?.[0];
  const version = stated?.startsWith(`${release}.`) ? stated : undefined;
  return `registry.access.redhat.com/ubi${release}/ubi${edition ? `-${edition}` : ''}${version ? `:${version}` : ''}`;
}

/**
 * The name of a SUSE base image. SUSE's images repeat their labels under a prefix of their own; if the shared label
 * still has the base's name, no other SUSE image lies between.
 * @see en.opensuse.org, "Building derived containers"
 */
function suseName(labels: Readonly<Record<string, string>>): string | undefined {
  const uppermost = labels['org.opensuse.reference'];
  const bases = ['com.suse.bci.base', 'com.suse.sle.base', 'com.suse.bci.micro'];
  const isBase = bases.some((prefix) => labels[`${prefix}.reference`] === uppermost);
  return isBase ? /^registry\.suse\.com\/[a-z\d/._-]{1,100}:[\w.-]{1,60}$/.exec(uppermost ?? '')?.[0] : undefined;
}

/**
 * The line of a Debian image for a moving suite, such as `testing` or `stable`. Such images have their own layers and
 * are named after that suite.
 */
const MOVING_SUITE = /^# debian\.sh .*'(testing|unstable|sid|(?:old)*stable)' '@/;

function debianNames(context: Context, distro: DistroName): readonly string[] {
  const evidence = context.stack.rootfs?.evidence ?? '';
  const moving = MOVING_SUITE.exec(evidence)?.[1];
  const suite = moving ?? suiteOf(distro);
  const slim = isSlimDebian(context);
  if (suite === undefined || slim === undefined) return ['library/debian'];
  const ending = slim ? '-slim' : '';
  const snapshot = /'@(\d{9,11})'/.exec(evidence)?.[1];
  const day = snapshot ? dayOf(new Date(Number(snapshot) * 1_000)).replaceAll('-', '') : undefined;
  const version = moving ? [] : [distro.version ?? suite];
  return tagged(
    'library/debian',
    [suite, ...version, ...(day ? [`${suite}-${day}`] : [])].map((tag) => tag + ending),
  );
}

function buildpackNames(variant: ToolStage, distro: DistroName | undefined): readonly string[] {
  const suite = distro ? suiteOf(distro) : undefined;
  if (suite === undefined) return ['library/buildpack-deps'];
  return [`library/buildpack-deps:${suite}${variant ? `-${variant}` : ''}`];
}
