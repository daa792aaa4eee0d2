import { type LayerPackage, type PackageReader, packageBytes, packageText, paragraphs } from './package.ts';

const MIB = 1_048_576;

/** dpkg's status file. Distroless images have a file for each package in `status.d`. @see dpkg(1), deb822(5) */
export const deb: PackageReader = {
  matches: (path) =>
    path === 'var/lib/dpkg/status' || (path.startsWith('var/lib/dpkg/status.d/') && !path.endsWith('.md5sums')),
  maxBytes: 32 * MIB,
  read: (path, content) => [...packagesOf(path, content)],
};

function* packagesOf(path: string, content: Buffer): Generator<LayerPackage> {
  for (const fields of paragraphs(content)) {
    const name = packageText(fields.get('Package'));
    // Removed packages whose configuration remains are still listed.
    const isInstalled = (fields.get('Status') ?? 'install ok installed').trim().endsWith(' installed');
    if (name === '' || !isInstalled) continue;
    yield {
      ecosystem: 'deb',
      name,
      version: packageText(fields.get('Version')),
      ...packageBytes(fields.get('Installed-Size'), 1_024),
      path,
    };
  }
}
