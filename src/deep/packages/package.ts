export type Ecosystem = 'deb' | 'apk' | 'rpm' | 'npm' | 'pypi' | 'go' | 'maven' | 'gem';

/** A package that a layer's files declare. */
export interface LayerPackage {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
  /** Installed size: as its database declares it (deb, apk, pypi) or as counted in the layer (npm, maven, go); undefined where unknown. */
  readonly bytes?: number;
  /** The file that declares it: the package is in the image while this file of this layer is. */
  readonly path: string;
}

/** Reads the packages that one file declares; an unreadable file has none. */
export interface PackageReader {
  readonly ecosystem: Ecosystem;
  readonly matches: (path: string) => boolean;
  /** Larger files are not read, and are told as such. */
  readonly maxBytes: number;
  readonly read: (path: string, content: Buffer) => readonly LayerPackage[];
  /** Of a file that is a hard link: the package that its path alone declares. */
  readonly readLink?: (path: string) => LayerPackage | undefined;
}

const MAX_TEXT = 200;

/** A name or version of a sane length without control characters; names come from anyone who can push. */
export function packageText(text: string | undefined): string {
  return (text ?? '')
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, MAX_TEXT);
}

/** KiB or bytes as text, as a safe count of bytes. */
export function packageBytes(text: string | undefined, unit: number): { bytes?: number } {
  if (text === undefined || !/^\d{1,12}$/.test(text.trim())) return {};
  return { bytes: Number(text) * unit };
}

/** `KEY: value` lines in paragraphs, as deb822 and apk write them; continuation lines are left out. */
export function* paragraphs(content: Buffer, separator: string): Generator<ReadonlyMap<string, string>> {
  for (const paragraph of content.toString('utf8').split(/\r?\n\r?\n/)) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split('\n')) {
      const at = /^\s/.test(line) ? -1 : line.indexOf(separator);
      if (at > 0 && !fields.has(line.slice(0, at))) fields.set(line.slice(0, at), line.slice(at + separator.length));
    }
    if (fields.size > 0) yield fields;
  }
}
