import { SettingsError } from '../errors.ts';
import type { Environment, NotifySettings } from './settings.ts';

/** Where a notification goes, and the key that signs it. Both may be secrets: keep them out of logs and errors. */
export interface NotifyEndpoint {
  readonly url: string;
  readonly secret?: string;
}

/**
 * Looks up the variables that a notification names: only now, so that commands that notify nobody do not need them.
 * @throws SettingsError naming the variable that is not set, or holds no URL
 */
export function notifyEndpoint(notify: NotifySettings, env: Environment): NotifyEndpoint {
  const url = notify.url ?? lookUp(notify.urlFrom ?? '', env);
  if (!URL.canParse(url))
    throw new SettingsError(`${notify.urlFrom}: write a URL, such as https://ci.example.com/hook`);
  return notify.secretFrom === undefined ? { url } : { url, secret: lookUp(notify.secretFrom, env) };
}

function lookUp(variable: string, env: Environment): string {
  const value = env[variable];
  if (!value) throw new SettingsError(`${variable} is not set: the settings under "notify" take their secret from it`);
  return value;
}
