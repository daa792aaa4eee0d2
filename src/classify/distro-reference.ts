import table from '../../config/distros.json' with { type: 'json' };
import { remember } from '../common/remember.ts';
import { type DistroName, distroName, distroOfSuite } from './knowledge/distros.ts';

/** Distributions by the last part of a repository's name. */
const BY_REPOSITORY = new Map(Object.entries(table.repositories));
/** Distributions by the whole path of repositories whose last part is ambiguous. */
const BY_PATH = table.repositoryPaths.map(({ id, pattern }) => ({ id, pattern: new RegExp(pattern) }));
/** Names of distributions in tags such as `base-ubuntu22.04`, `17-al2023`, `20-debian-12`. */
const IN_TAG = new Map(Object.entries(table.inTags));
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
  return version !== undefined && RELEASES.get(id)?.test(version) !== false ? { id, version } : undefined;
}

/** The form of each distribution's release numbers. */
const RELEASES = new Map(Object.entries(table.releases).map(([id, pattern]) => [id, new RegExp(pattern)]));
