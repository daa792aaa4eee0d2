import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { variableOf } from '../../common/variable-of.ts';
import { codeOf, SettingsError } from '../../errors.ts';
import { findJsonObject, isObject, type JsonObject, readOptionalString } from '../../oci/json.ts';
import { DOCKER_HUB, parseRegistryHost, type RegistryHost } from '../../oci/reference.ts';
import type { Environment } from '../../settings/settings.ts';
import { type Credentials, registryToken } from './credentials.ts';
import { Secret } from './secret.ts';

/** How long a credential helper may take: some ask a cloud service. */
const HELPER_TIMEOUT_MS = 30_000;
const HELPER_OUTPUT_BYTES = 1_048_576;
const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What `docker login` writes for Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** What a credential helper is run with. */
interface HelperOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/** What credentials are for. */
export interface CredentialsQuestion {
  readonly registry: RegistryHost;
  /** Names of its repositories, or globs; absent: all. */
  readonly repositories: readonly string[] | undefined;
}

/**
 * Finds credentials where `docker login` and `podman login` keep them: in the first file that has some, from the registry's
 * own helper (`credHelpers`), in its entry in `auths`, or from the common helper (`credsStore`).
 * @throws SettingsError when a file or a helper's answer cannot be read
 */
export async function fromLogins(
  question: CredentialsQuestion,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  let last: Credentials | undefined;
  for await (const { path, config } of loginsOf(options.environment)) {
    const found = await fromConfig(config, path, question, options);
    if (found) return found;
    last ??= ofAnotherTeam(config, path, question);
  }
  return last;
}

/** What a file of logins contains. */
interface Logins {
  /** Its path, or the variable that holds it. */
  readonly path: string;
  readonly config: JsonObject;
}

/**
 * The file that REGISTRY_AUTH_FILE names, or else all logins, in the order in which they are looked through.
 * @see docker/cli#6008: what DOCKER_AUTH_CONFIG holds comes before what is in the file
 */
async function* loginsOf(environment: Environment): AsyncGenerator<Logins> {
  const named = variableOf(environment, 'REGISTRY_AUTH_FILE');
  const held = variableOf(environment, DOCKER_AUTH_CONFIG);
  if (held && !named) yield { path: DOCKER_AUTH_CONFIG, config: heldConfig(held) };
  for (const path of named ? [named] : loginFiles(environment)) {
    const config = await readConfig(path);
    if (!config && named) throw new SettingsError(`REGISTRY_AUTH_FILE names ${path}, which does not exist`);
    if (config) yield { path, config };
  }
}

/** Holds the content of a config.json, in jobs of GitLab for example. */
const DOCKER_AUTH_CONFIG = 'DOCKER_AUTH_CONFIG';

function heldConfig(text: string): JsonObject {
  const config = findJsonObject(text);
  if (config) return config;
  throw new SettingsError(
    `${DOCKER_AUTH_CONFIG} is not a JSON object: set it to what a config.json contains, or unset it`,
  );
}

/** @see docker/cli, "Configuration files"; containers-auth.json(5) */
function loginFiles(environment: Environment): readonly string[] {
  const read = (name: string) => variableOf(environment, name);
  const home = environment.HOME || '/';
  const folders = [read('XDG_RUNTIME_DIR'), read('XDG_CONFIG_HOME') || join(home, '.config')];
  return [
    join(read('DOCKER_CONFIG') || join(home, '.docker'), 'config.json'),
    ...folders.flatMap((folder) => (folder ? [join(folder, 'containers', 'auth.json')] : [])),
  ];
}

async function fromConfig(
  config: JsonObject,
  path: string,
  question: CredentialsQuestion,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  const [key, helper] = entryFor(config.credHelpers, question);
  if (typeof helper === 'string') return fromHelper(helper, key, path, options);
  const [authKey, auth] = entryFor(config.auths, question);
  const stated = fromAuth(authKey, auth, path);
  if (stated) return stated;
  const store = readOptionalString(config.credsStore);
  return store ? fromHelper(store, authKey, path, options) : undefined;
}

/** What Podman keeps for a part of the registry that has not all the repositories: it may be good for them all the same. */
function ofAnotherTeam(
  { auths }: JsonObject,
  path: string,
  { registry }: CredentialsQuestion,
): Credentials | undefined {
  if (!isObject(auths)) return undefined;
  const key = keysOf(auths, registry).find((candidate) => !isOfWholeHost(candidate));
  return key === undefined ? undefined : fromAuth(key, auths[key], path);
}

const ANOTHER_FILE = 'fix it, or name another one by DOCKER_CONFIG (its folder) or REGISTRY_AUTH_FILE';

async function readConfig(path: string): Promise<JsonObject | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    // A system user's home may be /dev/null.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return undefined;
    throw new SettingsError(`cannot read ${path} (${codeOf(cause)}): ${ANOTHER_FILE}`);
  }
  const config = findJsonObject(text);
  if (!config) throw new SettingsError(`${path} is not a JSON object: ${ANOTHER_FILE}`);
  return config;
}

/**
 * The entry for a registry, with its key: the one that Podman keeps for `HOST/TEAM`, if that has all the repositories, or
 * else the one whose key names exactly this host. Docker also writes `https://HOST/v1/`.
 */
function entryFor(entries: unknown, { registry, repositories }: CredentialsQuestion): [key: string, entry: unknown] {
  const fallback = registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
  if (!isObject(entries)) return [fallback, undefined];
  const keys = keysOf(entries, registry);
  const ofTeam = keys.filter((candidate) => hasAll(candidate, repositories)).sort((a, b) => b.length - a.length);
  const key = ofTeam[0] ?? keys.find((candidate) => candidate === registry) ?? keys.find(isOfWholeHost);
  return key === undefined ? [fallback, undefined] : [key, entries[key]];
}

function keysOf(entries: JsonObject, registry: RegistryHost): readonly string[] {
  return Object.keys(entries).filter((candidate) => hostOfKey(candidate) === registry);
}

/** Whether a key is that of a part of a registry which has all these repositories. */
function hasAll(key: string, repositories: readonly string[] = []): boolean {
  const [, part] = /^[^/]+\/(.*[^/])$/.exec(key) ?? [];
  if (part === undefined || repositories.length === 0) return false;
  return repositories.every((name) => name === part || name.startsWith(`${part}/`));
}

function isOfWholeHost(key: string): boolean {
  return /^(?:https?:\/\/)?[^/]+(?:\/|\/v[12]\/?)?$/.test(key);
}

function hostOfKey(key: string): RegistryHost | undefined {
  const host = key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
  try {
    return parseRegistryHost(host);
  } catch {
    return undefined;
  }
}

function fromAuth(key: string, entry: unknown, path: string): Credentials | undefined {
  if (!isObject(entry)) return undefined;
  const origin = `${path}, auths of ${key}`;
  const stated = readOptionalString(entry.registrytoken);
  if (stated) return registryToken(stated, origin);
  const identityToken = readOptionalString(entry.identitytoken);
  if (identityToken) return { kind: 'identity-token', token: new Secret(identityToken), origin };
  const { username, password } = usernameAndPassword(entry, origin);
  if (!username && !password) return undefined;
  return { kind: 'password', username, password: new Secret(password), origin };
}

function usernameAndPassword(entry: JsonObject, origin: string): { username: string; password: string } {
  const auth = readOptionalString(entry.auth);
  if (!auth)
    return { username: readOptionalString(entry.username) ?? '', password: readOptionalString(entry.password) ?? '' };
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  if (colon < 0) throw new SettingsError(`${origin}: "auth" is not the base64 of USERNAME:PASSWORD`);
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** @see docker/docker-credential-helpers, README, "Development": `get` takes the server on stdin and answers JSON */
async function fromHelper(
  name: string,
  serverUrl: string,
  path: string,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  if (!HELPER_NAME.test(name))
    throw new SettingsError(`"${name.slice(0, 80)}" in ${path} is not the name of a credential helper`);
  const program = `docker-credential-${name}`;
  const output = await runHelper(program, serverUrl, path, options);
  if (output === undefined) return undefined;
  const answer = findJsonObject(output);
  if (!answer) throw new SettingsError(`${program} answered no JSON object: ${toSee(program, serverUrl)}`);
  const username = readOptionalString(answer.Username) ?? '';
  const secret = readOptionalString(answer.Secret);
  if (!secret) return undefined;
  const origin = `${program} for ${serverUrl}`;
  if (username === '<token>') return { kind: 'identity-token', token: new Secret(secret), origin };
  return { kind: 'password', username, password: new Secret(secret), origin };
}

/** What a helper prints; undefined if it has nothing stored. */
function runHelper(
  program: string,
  serverUrl: string,
  path: string,
  { environment, signal }: HelperOptions,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      ['get'],
      { env: { ...environment }, timeout: HELPER_TIMEOUT_MS, maxBuffer: HELPER_OUTPUT_BYTES, signal },
      (error, stdout, stderr) => {
        // Helpers report "nothing stored" by this sentence, on either stream. Their output is never part of a message.
        if (error && /credentials not found/i.test(`${stdout}${stderr}`)) return resolve(undefined);
        if (error) return reject(helperError(program, serverUrl, path, error));
        resolve(stdout);
      },
    );
    // A helper that exits without reading its input breaks the pipe; its exit status is what gets reported.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(serverUrl);
  });
}

function helperError(
  program: string,
  serverUrl: string,
  path: string,
  error: { code?: unknown; killed?: boolean },
): SettingsError {
  if (error.code === 'ENOENT')
    return new SettingsError(
      `${path} names the credential helper ${program}, which is not in PATH: install it, or remove its name there`,
    );
  const reason = error.killed ? `timed out after ${HELPER_TIMEOUT_MS / 1_000} s` : `failed (${error.code})`;
  return new SettingsError(`${program} ${reason}: ${toSee(program, serverUrl)}`);
}

function toSee(program: string, serverUrl: string): string {
  return `run "echo ${serverUrl} | ${program} get" to see why`;
}
