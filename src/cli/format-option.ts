import { type Command, Option } from 'commander';

/** Adds `--format`, one of these values; the default is `table`. */
export function addFormatOption(command: Command, formats: readonly string[] = ['table', 'json']): Command {
  return command.addOption(new Option('--format <format>', 'output format').choices(formats).default('table'));
}
