import { AuthenticationError, MalformedContentError } from '../../errors.ts';
import { reachOfHost } from '../../network/address.ts';
import { parseJsonObject, readOptionalString } from '../../oci/json.ts';
import type { RegistryHost } from '../../oci/reference.ts';
import type { Answer } from '../exchange.ts';
import { TOKENS } from '../outages.ts';
import { refusalOf } from '../refusal.ts';
import type { TransportRequest } from '../transport.ts';
import type { Challenge } from './challenge.ts';
import { basicHeader, bearerHeader, type Credentials, describeCredentials } from './credentials.ts';
import { Secret } from './secret.ts';

/** The scope of a token, such as `repository:team/app:pull`. @see distribution, spec/auth/scope */
export type Scope = `repository:${string}:pull` | typeof CATALOG;

/** The scope of a registry's list of repositories (`_catalog`). */
export const CATALOG = 'registry:catalog:*';

/** A token as an Authorization header. */
export interface Token {
  readonly header: Secret;
  readonly lifeMs: number;
}

/** The registry that names a token server. */
export interface TokenClient {
  readonly registry: RegistryHost;
  /** The registry's address: answers from other origins are not the registry's own. */
  readonly base: URL;
  /** Sends a request to the registry, or to its server for tokens. */
  readonly send: (request: TransportRequest) => Promise<Answer>;
}

/**
 * Actions that only read. Azure has names of its own for parts of `pull`.
 * @see Azure Container Registry, "Repository permissions"
 */
const READING: ReadonlySet<string> = new Set(['pull', 'content_read', 'metadata_read']);
/** containers/image caps token answers at 1 MB. */
const MAX_TOKEN_BYTES = 1_048_576;
/** "If omitted, this defaults to 60 seconds." @see distribution, spec/auth/token */
const DEFAULT_EXPIRES_IN = 60;

/** The server that issues a registry's tokens, as its challenge names it. */
export class TokenServer {
  readonly #client: TokenClient;
  readonly #realm: URL;
  readonly #service: string | undefined;
  /** Names what it is asked for, in messages. */
  readonly #what: string;

  /** @throws AuthenticationError for a realm that must not be trusted with credentials */
  constructor(client: TokenClient, { parameters }: Challenge) {
    this.#client = client;
    this.#realm = trustedRealm(client, parameters.realm ?? '');
    this.#service = parameters.service;
    this.#what = `${client.registry}: a token from ${this.#realm.host}`;
  }

  /** Whether it refuses credentials even for a token without a scope, which `docker login` asks for. */
  async refuses(credentials: Credentials): Promise<boolean> {
    return isRefusal(await this.#send({}, credentials));
  }

  /** Quay knows scopes of repositories only: for its catalog it gives a token without a scope. */
  async ask(scope: string, credentials: Credentials | undefined): Promise<Answer> {
    const answer = await this.#send({ scope }, credentials);
    return answer.status === 400 && scope === CATALOG ? this.#send({}, credentials) : answer;
  }

  /** The token in an answer. @throws the error that a refusal means */
  read(answer: Answer, credentials: Credentials | undefined): Token {
    const what = this.#what;
    if (answer.status !== 200) throw refusalOf(answer, what, describeCredentials(credentials));
    const object = parseJsonObject(answer.body, what);
    const token = readOptionalString(object.token) || readOptionalString(object.access_token);
    if (!token || !/^[\x21-\x7e]+$/.test(token)) throw new MalformedContentError(`${what}: the answer contains none`);
    const { expires_in: stated } = object;
    const expiresIn = typeof stated === 'number' || typeof stated === 'string' ? Number(stated) : 0;
    return {
      header: bearerHeader(new Secret(token)),
      lifeMs: (expiresIn > 0 ? expiresIn : DEFAULT_EXPIRES_IN) * 1_000,
    };
  }

  #send(wanted: { readonly scope?: string }, credentials: Credentials | undefined): Promise<Answer> {
    const realm = this.#realm;
    const common = { maxBytes: MAX_TOKEN_BYTES, what: this.#what, part: TOKENS };
    const parameters = { ...(this.#service === undefined ? {} : { service: this.#service }), ...wanted };
    if (credentials?.kind === 'identity-token') {
      // @see distribution, spec/auth/oauth
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'slimboard',
        refresh_token: credentials.token.reveal(),
        ...parameters,
      });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const sent = { headers, body: body.toString(), bodyToken: credentials.token };
      return this.#client.send({ ...common, method: 'POST', url: realm, ...sent });
    }
    const url = new URL(realm);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return this.#client.send({ ...common, method: 'GET', url, authorization: () => basicHeader(credentials) });
  }
}

/** Whether a token server refuses the credentials: GitHub answers 403. */
export function isRefusal({ status }: Answer): boolean {
  return status === 401 || status === 403;
}

function trustedRealm({ registry, base }: TokenClient, realm: string): URL {
  if (!URL.canParse(realm))
    throw new AuthenticationError(
      `${registry}: its authentication challenge names no valid URL for tokens ("${realm.slice(0, 100)}")`,
    );
  const url = new URL(realm);
  const mayBePlain =
    base.protocol === 'http:' && (url.hostname === base.hostname || reachOfHost(url.hostname) === 'loopback');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && mayBePlain)) return url;
  throw new AuthenticationError(
    `${registry}: refused to fetch tokens over ${url.protocol}//${url.host}: credentials would be sent unencrypted; correct the address that the registry gives for itself (Harbor: external_url, or what its proxy forwards)`,
  );
}

/**
 * The scope to ask a token for. The challenge's name of the repository comes first, for a registry behind a proxy may
 * know it by another path. Of the challenge's actions those that only read are kept, and `pull` is added.
 */
export function wantedScope({ parameters }: Challenge, scope: Scope): string {
  const { scope: wanted = '' } = parameters;
  const [, repository, actions = ''] = /^(repository:[^\s:]+):([^\s:]+)$/.exec(wanted) ?? [];
  if (repository === undefined) return wanted === CATALOG ? wanted : scope;
  const reading = actions.split(',').filter((action) => READING.has(action));
  return `${repository}:${[...new Set([...reading, 'pull'])].join(',')}`;
}
