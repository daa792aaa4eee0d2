import { SettingsError } from '../../errors.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';

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
    else if (/^[\w.:/-]+$/.test(item)) references.push(/:[^/]+$/.test(item) ? item : `${item}:latest`);
    else throw new SettingsError(`line ${index + 1} is no digest and no image reference: "${item.slice(0, 80)}"`);
  }
  return { digests, references };
}
