import { SettingsError } from '../errors.ts';
import type { Environment, NotifySettings } from './settings.ts';

/** Where a notification goes, and the key that signs it. Both may be secrets: keep them out of logs and errors. */
export interface NotifyEndpoint {
  readonly url: string;
  /** The value of the header, where the URL came with a user or a password: such a URL cannot be asked. */
  readonly authorization?: string;
  readonly secret?: string;
}

/**
 * Looks up the variables that a notification names: only now, so that commands that notify nobody do not need them.
 * @throws SettingsError naming the variable that is not set, or holds no URL
 */
export function notifyEndpoint(notify: NotifySettings, env: Environment): NotifyEndpoint {
  const address = webAddress(notify.url ?? lookUp(notify.urlFrom ?? '', env));
  if (!address)
    throw new SettingsError(`${notify.urlFrom ?? 'notify'}: write a URL, such as https://ci.example.com/hook`);
  return notify.secretFrom === undefined ? address : { ...address, secret: lookUp(notify.secretFrom, env) };
}

function webAddress(text: string): Pick<NotifyEndpoint, 'url' | 'authorization'> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username === '' && url.password === '') return { url: url.href };
  const userinfo = decoded(`${url.username}:${url.password}`);
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: `Basic ${Buffer.from(userinfo).toString('base64')}` };
}

/** A percent sign that begins no code is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function lookUp(variable: string, env: Environment): string {
  const value = env[variable];
  if (!value) throw new SettingsError(`${variable} is not set: the settings under "notify" take their secret from it`);
  return value;
}
