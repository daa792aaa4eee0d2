import { SettingsError, SlimboardError } from '../errors.ts';
import { snakeCase } from './snake-case.ts';

/** The flag of the command line for a name in camelCase or snake_case: `--plain-http`. */
export function flagOf(name: string): string {
  return `--${snakeCase(name).replaceAll('_', '-')}`;
}

/** Parses the value of a flag of the command line. @throws SettingsError that names the flag when `parse` refuses it */
export function parseFlag<Value>(flag: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SlimboardError)) throw error;
    throw new SettingsError(`${flag}: ${error.message}`, { cause: error });
  }
}

/** How errors call an option: as the flag of the command line ({@link flagOf}), or as the field of an address. */
export type OptionNaming = (name: string) => string;
