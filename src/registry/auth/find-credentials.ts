import { variableOf } from '../../common/variable-of.ts';
import { SettingsError } from '../../errors.ts';
import type { Environment } from '../../settings/settings.ts';
import { type Credentials, type CredentialsProvider, registryToken } from './credentials.ts';
import { fromLogins } from './logins.ts';
import { Secret } from './secret.ts';

/** Where to look for credentials. */
export interface CredentialsOptions {
  /** The source's name in the settings: `prod` reads SLIMBOARD_REGISTRY_PROD_USERNAME, … */
  readonly sourceName: string;
  readonly environment: Environment;
  /** The source's repositories, or globs; absent: all. */
  readonly repositories?: readonly string[] | undefined;
}

/** Finds credentials in the environment, or else where `docker login` and `podman login` keep them. */
export function createCredentialsProvider(options: CredentialsOptions): CredentialsProvider {
  const { environment, repositories } = options;
  return {
    find: async (registry, signal) =>
      fromEnvironment(options) ?? (await fromLogins({ registry, repositories }, { environment, signal })),
  };
}

type Part = 'USERNAME' | 'PASSWORD' | 'TOKEN';

/**
 * The environment variable for a part of a source's credentials. Other characters than letters and digits become `_`.
 */
export function credentialVariable(sourceName: string, part: Part): string {
  return `SLIMBOARD_REGISTRY_${sourceName.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_${part}`;
}

function fromEnvironment({ sourceName, environment }: CredentialsOptions): Credentials | undefined {
  const variable = (part: Part) => credentialVariable(sourceName, part);
  const read = (part: Part) => variableOf(environment, variable(part));
  const username = read('USERNAME');
  const token = read('TOKEN');
  const password = read('PASSWORD') || token;
  const origin = variable(username ? 'USERNAME' : 'TOKEN');
  if (username && password) return { kind: 'password', username, password: new Secret(password), origin };
  if (token) return registryToken(token, origin);
  if (!username && !password) return undefined;
  throw new SettingsError(
    `${variable('USERNAME')} and ${variable('PASSWORD')} must be set together (or _TOKEN alone), but only one of them is set`,
  );
}
