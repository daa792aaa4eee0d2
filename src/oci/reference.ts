import { InvalidReferenceError } from '../errors.ts';
import type { Branded } from './brand.ts';
import { type Digest, parseDigest } from './digest.ts';

/** `host` or `host:port`, in the one form that {@link parseRegistryHost} gives it. */
export type RegistryHost = Branded<'RegistryHost'>;
/** A repository's name in its registry: `library/node`. */
export type RepositoryName = Branded<'RepositoryName'>;
/** A tag's name: `20-slim`. */
export type Tag = Branded<'Tag'>;

/** A tag or digest with its repository. If both are set, the digest decides. */
export interface Reference {
  readonly registry: RegistryHost;
  readonly repository: RepositoryName;
  readonly tag?: Tag;
  readonly digest?: Digest;
}

/** The host where Docker Hub serves the distribution API; its short name is `docker.io`. */
export const DOCKER_HUB = 'registry-1.docker.io' as RegistryHost;

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;
// distribution-spec, "Pulling manifests": the grammars of <name> and <reference>.
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** What else Docker Hub is called in references and logins. */
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry.hub.docker.com']);
/** In characters. Clients may limit host and name together to 255. @see distribution-spec, "Pulling manifests" */
const MAX_NAME_LENGTH = 255;

/**
 * Parses a registry's host. Different spellings give one form: that of a URL, without the port of HTTPS; and
 * {@link DOCKER_HUB} for any of its names.
 * @throws InvalidReferenceError when the text is not a host with an optional port, or cannot be part of a URL
 */
export function parseRegistryHost(text: string): RegistryHost {
  const host = text.toLowerCase();
  if (!HOST.test(host))
    throw new InvalidReferenceError(
      `"${text.replace(/^.*@/s, '[redacted]@')}" is not a registry: expected HOST or HOST:PORT, without a scheme, user or path`,
    );
  if (!URL.canParse(`https://${host}`))
    throw new InvalidReferenceError(
      `"${text}" is not a registry: expected the name or address of a host, IPv6 as [::1], and a port of at most 65535`,
    );
  const { host: canonical } = new URL(`https://${host}`);
  return DOCKER_HUB_NAMES.has(canonical) ? DOCKER_HUB : (canonical as RegistryHost);
}

/** The form that {@link parseRegistryHost} gives a host, for text that people wrote; text that is no host stays as it is. */
export function registryHostOf(text: string): string {
  const host = text.toLowerCase();
  return HOST.test(host) && URL.canParse(`https://${host}`) ? parseRegistryHost(host) : text;
}

/** The same for the first part of a name or pattern, which may be a host. */
export function withRegistryHost(name: string): string {
  const [first = ''] = name.split('/', 1);
  return `${registryHostOf(first)}${name.slice(first.length)}`;
}

/** Whether a text is a repository name. @see distribution-spec, "Pulling manifests" */
export function isRepositoryName(text: string): text is RepositoryName {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}

/** Parses a repository name. @throws InvalidReferenceError stating the rule */
export function parseRepositoryName(text: string): RepositoryName {
  if (!isRepositoryName(text))
    throw new InvalidReferenceError(
      `"${text.slice(0, 300)}" is not a repository: expected lower-case letters, digits, separators . _ __ - and /, at most ${MAX_NAME_LENGTH} characters`,
    );
  return text;
}

/** Parses a tag. @throws InvalidReferenceError stating the rule. @see distribution-spec, "Pulling manifests" */
export function parseTag(text: string): Tag {
  if (!TAG.test(text))
    throw new InvalidReferenceError(
      `"${text.slice(0, 140)}" is not a tag: expected letters, digits, _ . and -, at most 128 characters`,
    );
  return text as Tag;
}

/** Docker Hub has no repository without a namespace whose name has a dot. */
const HOST_ALONE = /^(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[\da-f:]+\])(?::\d+)?\/?$/i;

/**
 * Parses an image reference as Docker does. The host defaults to Docker Hub, the namespace on Docker Hub to `library`,
 * and the tag, if there is no digest, to `latest`.
 * @throws InvalidReferenceError naming the part that is wrong
 */
export function parseReference(text: string): Reference {
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0];
  if (scheme !== undefined)
    throw new InvalidReferenceError(`write the image without ${scheme}, as in HOST/REPOSITORY:TAG`);
  if (HOST_ALONE.test(text))
    throw new InvalidReferenceError(`"${text}" is a registry, not an image: expected HOST/REPOSITORY:TAG`);
  const { host, rest } = splitHost(text);
  const at = rest.indexOf('@');
  const digest = at < 0 ? undefined : parseDigest(rest.slice(at + 1));
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.indexOf(':');
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : parseTag(named.slice(colon + 1));
  const registry = host ?? DOCKER_HUB;
  // First as it was typed, so that the error names that.
  const name = parseRepositoryName(path);
  const repository = registry === DOCKER_HUB && !name.includes('/') ? parseRepositoryName(`library/${name}`) : name;
  if (digest) return { registry, repository, digest, ...(tag ? { tag } : {}) };
  return { registry, repository, tag: tag ?? ('latest' as Tag) };
}

/**
 * Splits the host from a reference. The first part is a host if it has a dot or a port, or is `localhost`.
 * @throws InvalidReferenceError when that part is not a valid host
 */
export function splitHost(text: string): { host?: RegistryHost; rest: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  if (first === 'localhost' || /[.:]/.test(first))
    return { host: parseRegistryHost(first), rest: text.slice(slash + 1) };
  return { rest: text };
}

/** `registry/repository:tag@digest`, with `docker.io` for Docker Hub; {@link parseReference} is the inverse. */
export function formatReference(reference: Reference): string {
  const host = reference.registry === DOCKER_HUB ? 'docker.io' : reference.registry;
  const tag = reference.tag ? `:${reference.tag}` : '';
  const digest = reference.digest ? `@${reference.digest}` : '';
  return `${host}/${reference.repository}${tag}${digest}`;
}
