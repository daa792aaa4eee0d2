/** The package managers whose packages are recognised. */
export type Ecosystem = 'deb' | 'apk' | 'npm' | 'pypi' | 'go' | 'maven' | 'gem';

/** A package that a layer's files declare. */
export interface LayerPackage {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
  /**
   * Installed size in bytes: as its database declares it (deb, apk, pypi) or as counted in the layer (npm, maven, go);
   * undefined where unknown.
   */
  readonly bytes?: number;
  /** The file that declares it. The package is in the image as long as the image shows this file of this layer. */
  readonly path: string;
}

/** Reads the packages that a file declares; a file that cannot be parsed declares none. */
export interface PackageReader {
  readonly matches: (path: string) => boolean;
  /** Larger files are not read, and are reported as such. */
  readonly maxBytes: number;
  readonly read: (path: string, content: Buffer) => readonly LayerPackage[];
  /** For a file that is a hard link: the package that its path alone declares. */
  readonly readLink?: (path: string) => LayerPackage | undefined;
}

const MAX_TEXT = 200;

/**
 * Cleans a name or version, which anyone who can push may have written: removes control characters, and limits the
 * length to 200.
 */
export function packageText(text: string | undefined): string {
  return (text ?? '')
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, MAX_TEXT);
}

/**
 * Parses paragraphs of `KEY: value` lines, as written by deb822 and apk. Values keep their spaces; continuation lines
 * are ignored.
 */
export function* paragraphs(content: Buffer): Generator<ReadonlyMap<string, string>> {
  for (const paragraph of content.toString('utf8').split(/\r?\n\r?\n/)) {
    const fields = fieldsOf(paragraph);
    if (fields.size > 0) yield fields;
  }
}

function fieldsOf(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of paragraph.split('\n')) {
    const at = /^\s/.test(line) ? -1 : line.indexOf(':');
    if (at > 0 && !fields.has(line.slice(0, at))) fields.set(line.slice(0, at), line.slice(at + 1));
  }
  return fields;
}
