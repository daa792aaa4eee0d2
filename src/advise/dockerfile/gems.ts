import { asksVersion, type Command, runs } from '../../policy/shell.ts';
import { type Copy, copiesFile } from './copies.ts';

/** Words that need no more than double quotes in a shell: `sinatra:4.1`, `~> 2.0`. */
const PLAIN_WORD = /^[\w.:=~<>,@/ -]+$/;
const BARE_WORD = /^[\w.:=,@/-]+$/;

/**
 * Returns the `gem install` of the image's own steps if the program has no other gems; undefined if Bundler installs them,
 * or may have done so in another stage.
 */
export function gemInstalls(commands: readonly Command[], copies: readonly Copy[]): readonly string[] | undefined {
  const usesBundler = commands.some((command) => command.program === 'bundle' && !asksVersion(command));
  const installs = commands.filter(installsGems);
  const isOfContext = copies.every(({ sources }) => !sources.some((source) => source.startsWith('/')));
  const isPlain = installs.every(({ words }) => words.every((word) => PLAIN_WORD.test(word)));
  if (usesBundler || installs.length === 0 || !isOfContext || !isPlain) return undefined;
  if (copies.some((copy) => copiesFile(copy, 'Gemfile'))) return undefined;
  return installs.map(
    ({ words }) => `gem ${words.map((word) => (BARE_WORD.test(word) ? word : `"${word}"`)).join(' ')}`,
  );
}

/** Whether a command installs gems of the program, not Bundler alone. */
export function installsGems(command: Command): boolean {
  return runs(command, ['gem'], ['install']) && !command.words.some((word) => /^bundler(?::|$)/.test(word));
}
