import { snakeCase } from './snake-case.ts';

/** The flag of the command line for a name in camelCase or snake_case: `--plain-http`. */
export function flagOf(name: string): string {
  return `--${snakeCase(name).replaceAll('_', '-')}`;
}
