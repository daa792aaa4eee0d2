import { type PackageReader, packageText, paragraphs } from './package.ts';

const METADATA = /(?:^|\/)[^/]+\.(?:dist-info\/METADATA|egg-info\/PKG-INFO|egg-info)$/;
const RECORD = /(?:^|\/)[^/]+\.dist-info\/RECORD$/;

/** Metadata of installed distributions. @see packaging.python.org, "Core metadata specifications" */
export const python: PackageReader = {
  matches: (path) => METADATA.test(path),
  maxBytes: 4_194_304,
  read: (path, content) => {
    const [fields] = paragraphs(content);
    const name = packageText(fields?.get('Name'));
    return name === '' ? [] : [{ ecosystem: 'pypi', name, version: packageText(fields?.get('Version')), path }];
  },
};

/** Whether a file is a RECORD, which lists the files of a distribution and is next to its METADATA. */
export function isPythonRecord(path: string): boolean {
  return RECORD.test(path);
}

/** Sums up the sizes in a RECORD, in bytes. @see PEP 376, "RECORD" */
export function recordBytes(content: Buffer): number {
  let bytes = 0;
  for (const line of content.toString('utf8').split('\n')) {
    const size = /,(\d{1,12})\s*$/.exec(line)?.[1];
    if (size !== undefined) bytes += Number(size);
  }
  return bytes;
}
