import { SettingsError, SlimboardError } from '../errors.ts';

/** Parses the value of a flag of the command line. @throws SettingsError that names the flag when `parse` refuses it */
export function parseFlag<Value>(flag: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SlimboardError)) throw error;
    throw new SettingsError(`${flag}: ${error.message}`, { cause: error });
  }
}
