import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: one above src/ and one above dist/, whose files all lie flat. */
const root = new URL('..', import.meta.url);

/** The path of a file or folder that ships with the package: `migrations`, `config/default.yaml`. */
export function packagePath(relative: string): string {
  return fileURLToPath(new URL(relative, root));
}

/**
 * An entry point of its own, for a thread or a process: always the built one, also when the caller runs from src/.
 * @throws Error when the package was not built
 */
export function builtEntry(name: string): string {
  const path = packagePath(`dist/${name}.js`);
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build" first`);
  return path;
}
