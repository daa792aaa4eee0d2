import { basicAuthorization } from '../../common/basic-authorization.ts';
import { SettingsError } from '../../errors.ts';
import type { RegistryHost } from '../../oci/reference.ts';
import { Secret } from './secret.ts';

/** Credentials for one registry; `origin` says where they were found, for messages. */
export type Credentials = { readonly origin: string } & (
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** Exchanged for access tokens. @see distribution, spec/auth/oauth, "refresh_token" */
  | { readonly kind: 'identity-token'; readonly token: Secret }
  /** Sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: Secret }
);

/** Names the credentials that a request carries, for messages. */
export function describeCredentials(credentials: Credentials | undefined): string {
  return credentials ? `the credentials of ${credentials.origin}` : 'anonymous access';
}

/** The Authorization header with username and password, if the credentials are that. */
export function basicHeader(credentials: Credentials | undefined): Secret | undefined {
  if (credentials?.kind !== 'password') return undefined;
  return new Secret(basicAuthorization(secretOf(credentials)));
}

/** The Authorization header with a token. */
export function bearerHeader(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}

/** A text without the password or token that was sent, for a server may repeat them. @param sent a header, or a token */
export function withoutEcho(text: string, sent: Secret): string {
  const [, scheme, token = ''] = /^(?:(Basic|Bearer) )?(.*)$/.exec(sent.reveal()) ?? [];
  const userinfo = scheme === 'Basic' ? Buffer.from(token, 'base64').toString() : '';
  const password = userinfo.slice(userinfo.indexOf(':') + 1);
  const secrets = [token, password].filter((secret) => secret !== '');
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, String(sent)), text);
}

/** Whether a server that refuses one would also refuse the other. */
export function areSame(one: Credentials, other: Credentials): boolean {
  return one.kind === other.kind && secretOf(one) === secretOf(other);
}

function secretOf(credentials: Credentials): string {
  if (credentials.kind !== 'password') return credentials.token.reveal();
  return `${credentials.username}:${credentials.password.reveal()}`;
}

/** Finds credentials for registries. */
export interface CredentialsProvider {
  /**
   * Looks up the credentials for a registry, anew each time; undefined: ask anonymously.
   * @param signal ends a credential helper
   * @throws SettingsError when they are configured but cannot be read
   */
  find(registry: RegistryHost, signal: AbortSignal): Promise<Credentials | undefined>;
}

/** Credentials of a token for the registry. @throws SettingsError for one that no header can carry */
export function registryToken(token: string, origin: string): Credentials {
  if (/^[\x21-\x7e]+$/.test(token)) return { kind: 'registry-token', token: new Secret(token), origin };
  throw new SettingsError(`${origin} is not a token: it contains spaces, or other characters than those of ASCII`);
}
