import { absolutePath, isWithin } from '../../policy/paths.ts';
import { hasOption, type PlacedCommand, runs, valuesOf } from '../../policy/shell.ts';
import { PLAIN_PATH } from './copies.ts';

/** How the image's own build copied one package of a repository, with what it depends on, to where it is started. */
export interface Deployment {
  /** The command, for production: `pnpm deploy --filter=api --prod /prod/api`. */
  readonly command: string;
  /** The folder in which it ran. */
  readonly from: string;
  /** The folder that it made: the program's, or one above it. */
  readonly into: string;
}

/** Returns the last `pnpm deploy` of the image's own steps that made the folder in which the program starts, if any did. */
export function deploymentOf(commands: readonly PlacedCommand<string>[], workdir: string): Deployment | undefined {
  return commands.flatMap((command) => deploymentBy(command, workdir)).at(-1);
}

function deploymentBy(command: PlacedCommand<string>, workdir: string): readonly Deployment[] {
  const { words, folder: from } = command;
  if (!runs(command, ['pnpm'], ['deploy']) || !words.every((word) => PLAIN_WORD.test(word))) return [];
  const values = valuesOf(command, '--filter', '-F', '--dir', '-C');
  const into = words
    .filter((word) => word !== 'deploy' && !word.startsWith('-') && !values.includes(word))
    .map((word) => absolutePath(word, from))
    .find((path) => PLAIN_PATH.test(path) && isWithin(workdir, path) && !isWithin(from, path));
  if (into === undefined) return [];
  const production = hasOption(command, '--prod', '-P', '--production') ? '' : ' --prod';
  return [{ command: `pnpm ${words.join(' ')}${production}`, from, into }];
}

const PLAIN_WORD = /^[\w@./:=*,^-]+$/;
