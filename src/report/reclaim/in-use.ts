import { SettingsError } from '../../errors.ts';
import { type Digest, digestBytes, isDigest } from '../../oci/digest.ts';
import { registryHostOf } from '../../oci/reference.ts';
import { ecrRegistryHost, findEcrLocation } from '../../registry/ecr/hosts.ts';
import type { SqlParameters } from '../query-scope.ts';

/** The images that run somewhere, and so must stay. */
export interface InUse {
  readonly digests: readonly Digest[];
  /** References with a tag, with or without the registry: `registry.example.com/team/app:1`, `team/app:1`. */
  readonly references: readonly string[];
}

/** What is in use if nobody says: the registry does not know what runs. */
export const NOTHING_IN_USE: InUse = { digests: [], references: [] };

/**
 * Parses a list of images in use, one on each line: a digest, or a reference with a digest or a tag (default:
 * `latest`). A scheme such as `docker-pullable://`, which clusters report, is ignored; `#` begins a comment.
 * @throws SettingsError naming the line that is neither
 */
export function parseInUse(text: string): InUse {
  const digests: Digest[] = [];
  const references: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const item = line
      .replace(/#.*/, '')
      .trim()
      .replace(/^\w[\w-]*:\/\//, '');
    if (item === '') continue;
    const digest = item.slice(item.lastIndexOf('@') + 1);
    if (isDigest(digest)) digests.push(digest);
    else if (/^[\w.:/-]+$/.test(item)) references.push(...spellingsOf(/:[^/]+$/.test(item) ? item : `${item}:latest`));
    else
      throw new SettingsError(`line ${index + 1} is neither a digest nor an image reference: "${item.slice(0, 80)}"`);
  }
  return { digests, references };
}

/** What audits may call an image: they know a registry by one of the spellings of its host, or of its hosts (ECR: FIPS, dual-stack). */
function spellingsOf(reference: string): readonly string[] {
  const [first = ''] = reference.split('/', 1);
  const host = registryHostOf(first);
  const ecr = findEcrLocation(host);
  const stored = `${ecr ? ecrRegistryHost(ecr) : host}${reference.slice(first.length)}`;
  // What looks like a host may be the first part of a repository's name.
  return ecr || stored === reference ? [stored] : [stored, reference];
}

/**
 * An SQL condition for manifests that are in use: by their own digest, by the digest of one of their platforms, or by a
 * tag, where the reference may name the registry or leave it out. Follows `LEADS_TO`.
 * @param relation a relation with `manifest_id`, `digest`, `registry`, `repository` and `tags`, `;`-separated
 */
export function inUseSql({ digests, references }: InUse, relation: string, parameters: SqlParameters): string {
  if (digests.length === 0 && references.length === 0) return 'false';
  const used = `${parameters.add(digests.map(digestBytes))}::bytea[]`;
  const named = `${parameters.add(references)}::text[]`;
  const name = `${relation}.repository || ':' || n.tag`;
  return `(
    ${relation}.digest = any(${used})
    or exists (select 1 from leads_to x where x.index_id = ${relation}.manifest_id and x.digest = any(${used}))
    or exists (
      select 1 from unnest(string_to_array(${relation}.tags, ';')) n (tag)
      where ${name} = any(${named}) or ${relation}.registry || '/' || ${name} = any(${named})))`;
}
