import { SettingsError } from '../../errors.ts';
import { type Digest, digestBytes, isDigest } from '../../oci/digest.ts';
import { ecrRegistryHost, findEcrLocation } from '../../registry/ecr/hosts.ts';
import type { SqlParameters } from '../kinds/kind.ts';

/** What runs somewhere, and so must stay. */
export interface InUse {
  readonly digests: readonly Digest[];
  /** With a tag: `registry.example.com/team/app:1`, or without the registry. */
  readonly references: readonly string[];
}

/**
 * A list of what is in use, one item a line: digests, references with a digest or a tag (without either: `latest`), as
 * clusters tell them (`docker-pullable://` before them is passed over). `#` begins a comment.
 * @throws SettingsError naming the line that is none of these
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
    else if (/^[\w.:/-]+$/.test(item)) references.push(asKept(/:[^/]+$/.test(item) ? item : `${item}:latest`));
    else throw new SettingsError(`line ${index + 1} is no digest and no image reference: "${item.slice(0, 80)}"`);
  }
  return { digests, references };
}

/** Under the host that images of Amazon ECR are kept by, whichever of its hosts (FIPS, dual-stack) a cluster pulls from. */
function asKept(reference: string): string {
  const [host = ''] = reference.split('/', 1);
  const ecr = findEcrLocation(host);
  return ecr ? `${ecrRegistryHost(ecr)}${reference.slice(host.length)}` : reference;
}

/**
 * Whether a manifest is in use, as SQL: by its own digest, one of its platforms', or a tag; what runs may name the
 * registry or leave it out.
 * @param relation has `manifest_id`, `digest`, `registry`, `repository` and `tags`, `;`-separated
 */
export function inUseSql({ digests, references }: InUse, relation: string, parameters: SqlParameters): string {
  if (digests.length === 0 && references.length === 0) return 'false';
  const used = `${parameters.add(digests.map(digestBytes))}::bytea[]`;
  const named = `${parameters.add(references)}::text[]`;
  const name = `${relation}.repository || ':' || n.tag`;
  return `(
    ${relation}.digest = any(${used})
    or exists (select 1 from index_child x where x.index_id = ${relation}.manifest_id and x.digest = any(${used}))
    or exists (
      select 1 from unnest(string_to_array(${relation}.tags, ';')) n (tag)
      where ${name} = any(${named}) or ${relation}.registry || '/' || ${name} = any(${named})))`;
}
