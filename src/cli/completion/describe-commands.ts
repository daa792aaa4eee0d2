import type { Argument, Command, Option } from 'commander';
import type { OptionWithExamples } from '../options.ts';

/** What can be offered for a word: these words, names of files, or nothing, because only the user knows it. */
export type Offer = readonly string[] | 'files' | 'nothing';

interface DescribedOption {
  /** `--output` and, in front, its short form if it has one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** undefined: it needs no value. */
  readonly value: Offer | undefined;
}

/** A command as shells complete it. */
export interface DescribedCommand {
  /** Its words after the program's name: `bases learn`; none for the program itself. */
  readonly path: string;
  /** Those under it. */
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  /** Its own, and those of every command. */
  readonly options: readonly DescribedOption[];
  /** What its first operand may be: the others are images, sources and such, which only the user knows. */
  readonly operand: Offer;
}

/**
 * Describes a command and all under it, as their `--help` does.
 * @param siblings the names of the commands beside it, which `help` takes
 */
export function describeCommands(
  command: Command,
  path = '',
  shared: readonly Option[] = [],
  siblings: readonly string[] = [],
): readonly DescribedCommand[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const names = commands.map((each) => each.name());
  const described = {
    path,
    commands: commands.map((each) => ({ name: each.name(), description: each.description() })),
    options: [...help.visibleOptions(command), ...shared].map(describeOption),
    operand: operandOf(command, names, siblings),
  } satisfies DescribedCommand;
  const ofAll = [...shared, ...command.options.filter(({ long }) => long !== '--version')];
  return [
    described,
    ...commands.flatMap((each) => describeCommands(each, `${path} ${each.name()}`.trim(), ofAll, names)),
  ];
}

function operandOf(command: Command, below: readonly string[], siblings: readonly string[]): Offer {
  const [first] = command.registeredArguments;
  if (below.length > 0) return below;
  if (!first) return 'nothing';
  return first.name() === 'command' ? siblings : offerOf(first, first.name());
}

function describeOption(option: Option): DescribedOption {
  const { long, short, required, description, flags } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    value: required ? offerOf(option, /<(.+)>/.exec(flags)?.[1]) : undefined,
  };
}

/** @param placeholder what it is called in the help */
function offerOf(word: Argument | OptionWithExamples, placeholder: string | undefined): Offer {
  if (word.argChoices) return word.argChoices;
  if ('examples' in word && word.examples) return word.examples;
  return placeholder === 'file' || placeholder === 'folder' ? 'files' : 'nothing';
}
