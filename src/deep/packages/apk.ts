import { type LayerPackage, type PackageReader, packageBytes, packageText, paragraphs } from './package.ts';

/** Alpine's database of installed packages. @see wiki.alpinelinux.org, "Apk spec" */
export const apk: PackageReader = {
  matches: (path) => path === 'lib/apk/db/installed' || path === 'usr/lib/apk/db/installed',
  maxBytes: 33_554_432,
  read: (path, content) => [...packagesOf(path, content)],
};

function* packagesOf(path: string, content: Buffer): Generator<LayerPackage> {
  for (const fields of paragraphs(content)) {
    const name = packageText(fields.get('P'));
    if (name === '') continue;
    yield {
      ecosystem: 'apk',
      name,
      version: packageText(fields.get('V')),
      ...packageBytes(fields.get('I'), 1),
      path,
    };
  }
}
