import manifest from '../package.json' with { type: 'json' };

/** The version in package.json at build time. */
export const PACKAGE_VERSION: string = manifest.version;
