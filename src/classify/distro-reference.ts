import { remember } from '../common/remember.ts';
import { type DistroName, distroName, distroOfSuite } from './knowledge/distros.ts';
import { byName, lookUp } from './look-up.ts';

/** Distributions by the last part of a repository's name. */
const BY_REPOSITORY = byName({
  alpine: 'alpine',
  debian: 'debian',
  ubuntu: 'ubuntu',
  busybox: 'busybox',
  fedora: 'fedora fedora-minimal fedora-bootc',
  almalinux: 'almalinux',
  rocky: 'rockylinux',
  amzn: 'amazonlinux',
  ol: 'oraclelinux',
  centos: 'centos centos-bootc',
  photon: 'photon',
  arch: 'archlinux',
  altlinux: 'alt',
  mageia: 'mageia',
  openEuler: 'openeuler',
  wolfi: 'wolfi-base',
  kali: 'kali-rolling',
  sles: 'sle15 bci-base bci-init bci-micro bci-minimal',
});

/** Repositories whose last part is ambiguous, by their whole path. */
const BY_PATH: readonly { readonly id: string; readonly pattern: RegExp }[] = [
  { id: 'opensuse-leap', pattern: /(?:^|\/)opensuse\/leap$/ },
  { id: 'opensuse-tumbleweed', pattern: /(?:^|\/)opensuse\/tumbleweed$/ },
  { id: 'azurelinux', pattern: /(?:^|\/)azurelinux\/(?:base\/core|distroless\/(?:base|debug|minimal))$/ },
  { id: 'mariner', pattern: /(?:^|\/)cbl-mariner\/(?:base\/core|distroless\/(?:base|debug|minimal))$/ },
];

/** Names of distributions in tags such as `base-ubuntu22.04`, `17-al2023`, `20-debian-12`. */
const IN_TAG = byName({
  debian: 'debian',
  ubuntu: 'ubuntu',
  centos: 'centos',
  rocky: 'rocky rockylinux',
  almalinux: 'almalinux',
  fedora: 'fedora',
  ol: 'ol oraclelinux',
  amzn: 'al amazonlinux',
  rhel: 'ubi',
  photon: 'photon',
  mariner: 'mariner',
  azurelinux: 'azurelinux',
});
const RELEASE_IN_TAG = new RegExp(`(?:^|-)(${[...IN_TAG.keys()].join('|')})-?(\\d+(?:\\.\\d+)*)(?=-|$)`);

/** The distribution in an image's name, found in its repository or its tag; undefined if neither names one. */
export const distroOfReference: (reference: string) => DistroName | undefined = remember((whole) => {
  const reference = whole.slice(0, 512);
  const match = /(?:^|\/)([a-z0-9._-]+)(?::([\w.-]{1,128}))?(?:@\S*)?$/.exec(reference);
  const [, repository = '', tag = ''] = match ?? [];
  const path = reference.replace(/(?::[\w.-]{1,128})?(?:@\S*)?$/, '');
  const id = BY_REPOSITORY.get(repository) ?? BY_PATH.find(({ pattern }) => pattern.test(path))?.id;
  return id === undefined ? (distroOfRepository(repository, path) ?? distroOfTag(tag)) : withTag(id, tag);
});

/** A release in the repository's name: `ubi9-minimal`, `ubi8/python-38`, Google's `distroless/static-debian12`. */
function distroOfRepository(repository: string, path: string): DistroName | undefined {
  const ubi = /^ubi(\d+)(?:-|$)/.exec(repository)?.[1] ?? /\/ubi(\d+)\//.exec(path)?.[1];
  if (ubi !== undefined) return { id: 'rhel', version: ubi };
  return release('debian', /(?:^|\/)distroless\/[a-z\d.-]+-debian(\d{1,2})$/.exec(path)?.[1]);
}

function distroOfTag(tag: string): DistroName | undefined {
  const alpine = /(?:^|-)alpine(\d\.\d+)?(?:-|$)/.exec(tag);
  if (alpine) return distroName('alpine', alpine[1]);
  const [, name = '', version] = RELEASE_IN_TAG.exec(tag) ?? [];
  const named = release(IN_TAG.get(name) ?? '', version);
  if (named) return named;
  return tag
    .split('-')
    .map(distroOfSuite)
    .find((distro) => distro !== undefined);
}

/** The distribution of a repository named after it, with the version in its tag: `library/debian:bookworm-slim`. */
function withTag(id: string, tag: string): DistroName {
  const suite = distroOfSuite(tag.split('-')[0] ?? '');
  if (suite?.id === id) return suite;
  // A company's own `platform/ubuntu:3.2` has version numbers of its own.
  const version = /^v?(\d+(?:\.\d+){0,2})(?=[.-]|$)/.exec(tag)?.[1];
  // SUSE's tags continue after the service pack: `15.5.36.5.18`.
  return release(id, id === 'sles' ? version?.replace(/^(\d+\.\d+).*/, '$1') : version) ?? { id };
}

/** The distribution, if the version looks like one of its releases. */
function release(id: string, version: string | undefined): DistroName | undefined {
  return version !== undefined && (lookUp(RELEASES, id) ?? ANY_RELEASE).test(version) ? { id, version } : undefined;
}

const ANY_RELEASE = /^/;
const RED_HAT_RELEASE = /^(?:[5-9]|1\d)(?:\.\d+)*$/;
/** The form of each distribution's release numbers. */
const RELEASES: Readonly<Record<string, RegExp>> = {
  alpine: /^[23]\.\d+/,
  debian: /^(?:[6-9]|1\d)(?:\.\d+)?$/,
  ubuntu: /^\d\d\.(?:04|10)$/,
  fedora: /^\d\d$/,
  amzn: /^(?:1|2|2\.0\.20\d{6}|201\d\.\d\d(?:\.\d+)?|202\d(?:\.\d+){0,2})$/,
  almalinux: RED_HAT_RELEASE,
  centos: RED_HAT_RELEASE,
  ol: RED_HAT_RELEASE,
  rhel: RED_HAT_RELEASE,
  rocky: RED_HAT_RELEASE,
};
