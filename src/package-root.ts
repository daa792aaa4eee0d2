import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, the parent of src/ and of dist/. All files in dist/ are at its top level. */
const root = new URL('..', import.meta.url);

/** The absolute path of a file or folder that ships with the package: `migrations`, `config/default.yaml`. */
export function packagePath(relative: string): string {
  return fileURLToPath(new URL(relative, root));
}

/**
 * The path of a built entry point for a thread or process, in dist/ even when the caller runs from src/.
 * @throws Error when the package has not been built
 */
export function builtEntry(name: string): string {
  const path = packagePath(`dist/${name}.js`);
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build" first`);
  return path;
}
