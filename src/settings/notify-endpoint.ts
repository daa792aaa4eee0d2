import { basicAuthorization } from '../common/basic-authorization.ts';
import { decoded } from '../common/decoded.ts';
import { variableOf } from '../common/variable-of.ts';
import { SettingsError } from '../errors.ts';
import type { Environment, NotifySettings } from './settings.ts';

/** Where a notification is sent, and how it is authenticated. Both may be secret: keep them out of logs and errors. */
export interface NotifyEndpoint {
  readonly url: string;
  /** The `Authorization` header for a user and password from the URL; fetch refuses URLs that contain them. */
  readonly authorization?: string;
  /** The key that signs messages. */
  readonly secret?: string;
}

/**
 * Resolves the environment variables that a notification names. This happens only when it is sent, so that commands
 * that send no notifications do not need them.
 * @throws SettingsError naming the variable that is not set, or holds no URL
 */
export function notifyEndpoint(notify: NotifySettings, env: Environment): NotifyEndpoint {
  const address = webAddress(notify.url ?? lookUp(notify.urlFrom ?? '', env));
  if (!address)
    throw new SettingsError(`${notify.urlFrom ?? 'notify'}: expected a URL, such as https://ci.example.com/hook`);
  return notify.secretFrom === undefined ? address : { ...address, secret: lookUp(notify.secretFrom, env) };
}

function webAddress(text: string): Pick<NotifyEndpoint, 'url' | 'authorization'> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username === '' && url.password === '') return { url: url.href };
  const userinfo = decoded(`${url.username}:${url.password}`);
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: basicAuthorization(userinfo) };
}

function lookUp(variable: string, env: Environment): string {
  const value = variableOf(env, variable);
  if (!value)
    throw new SettingsError(
      `${variable} is not set: "notify" in the settings reads its URL or secret from this environment variable`,
    );
  return value;
}
