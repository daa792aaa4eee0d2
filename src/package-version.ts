import manifest from '../package.json' with { type: 'json' };

/** The version in package.json, as it was when the package was built. */
export const PACKAGE_VERSION: string = manifest.version;
