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

/**
 * Finds credentials in Docker's config.json: from the registry's own helper (`credHelpers`), in its entry in `auths`, or
 * from the common helper (`credsStore`).
 * @throws SettingsError when the file or a helper's answer cannot be read
 */
export async function fromDockerConfig(
  registry: RegistryHost,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  const { environment } = options;
  const folder = variableOf(environment, 'DOCKER_CONFIG') || join(environment.HOME || '/', '.docker');
  const path = join(folder, 'config.json');
  const config = await readDockerConfig(path);
  if (!config) return undefined;
  const [key, helper] = entryFor(config.credHelpers, registry);
  if (typeof helper === 'string') return fromHelper(helper, key, options);
  const [authKey, auth] = entryFor(config.auths, registry);
  const stated = isObject(auth) ? fromAuthEntry(auth, `${path}, auths of ${authKey}`) : undefined;
  if (stated) return stated;
  const store = readOptionalString(config.credsStore);
  return store ? fromHelper(store, authKey, options) : undefined;
}

async function readDockerConfig(path: string): Promise<JsonObject | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    // A system user's home may be /dev/null.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) return undefined;
    throw new SettingsError(`cannot read ${path} (${codeOf(cause)}): fix it, or point DOCKER_CONFIG at another folder`);
  }
  const config = findJsonObject(text);
  if (!config)
    throw new SettingsError(`${path} is not a JSON object: fix it, or point DOCKER_CONFIG at another folder`);
  return config;
}

/**
 * The entry whose key names exactly this host, with its key. Docker also writes `https://HOST/v1/`; Podman keeps
 * credentials of its own for `HOST/TEAM`, which come last.
 */
function entryFor(entries: unknown, registry: RegistryHost): [key: string, entry: unknown] {
  const fallback = registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
  if (!isObject(entries)) return [fallback, undefined];
  const keys = Object.keys(entries).filter((candidate) => hostOfKey(candidate) === registry);
  const key = keys.find((candidate) => candidate === registry) ?? keys.find(isOfWholeHost) ?? keys[0];
  return key === undefined ? [fallback, undefined] : [key, entries[key]];
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

function fromAuthEntry(entry: JsonObject, origin: string): Credentials | undefined {
  const stated = readOptionalString(entry.registrytoken);
  if (stated) return registryToken(stated, origin);
  const identityToken = readOptionalString(entry.identitytoken);
  if (identityToken) return { kind: 'identity-token', token: new Secret(identityToken), origin };
  const { username, password } = usernameAndPassword(entry);
  if (!username && !password) return undefined;
  return { kind: 'password', username, password: new Secret(password), origin };
}

function usernameAndPassword(entry: JsonObject): { username: string; password: string } {
  const auth = readOptionalString(entry.auth);
  if (!auth)
    return { username: readOptionalString(entry.username) ?? '', password: readOptionalString(entry.password) ?? '' };
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  return colon < 0
    ? { username: '', password: '' }
    : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** @see docker/docker-credential-helpers, README, "Development": `get` takes the server on stdin and answers JSON */
async function fromHelper(name: string, serverUrl: string, options: HelperOptions): Promise<Credentials | undefined> {
  if (!HELPER_NAME.test(name))
    throw new SettingsError(`"${name.slice(0, 80)}" in Docker's config.json is not the name of a credential helper`);
  const program = `docker-credential-${name}`;
  const answer = await runHelper(program, serverUrl, options);
  if (answer === undefined) return undefined;
  const username = readOptionalString(answer.Username) ?? '';
  const secret = readOptionalString(answer.Secret);
  if (!secret) return undefined;
  const origin = `${program} for ${serverUrl}`;
  if (username === '<token>') return { kind: 'identity-token', token: new Secret(secret), origin };
  return { kind: 'password', username, password: new Secret(secret), origin };
}

function runHelper(
  program: string,
  serverUrl: string,
  { environment, signal }: HelperOptions,
): Promise<JsonObject | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      ['get'],
      { env: { ...environment }, timeout: HELPER_TIMEOUT_MS, maxBuffer: HELPER_OUTPUT_BYTES, signal },
      (error, stdout, stderr) => {
        // Helpers report "nothing stored" by this sentence, on either stream. Their output is never part of a message.
        if (error && /credentials not found/i.test(`${stdout}${stderr}`)) return resolve(undefined);
        if (error) return reject(helperError(program, serverUrl, error));
        resolve(findJsonObject(stdout));
      },
    );
    // A helper that exits without reading its input breaks the pipe; its exit status is what gets reported.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(serverUrl);
  });
}

function helperError(program: string, serverUrl: string, error: { code?: unknown; killed?: boolean }): SettingsError {
  if (error.code === 'ENOENT')
    return new SettingsError(
      `Docker's config.json names the credential helper ${program}, which is not in PATH: install it`,
    );
  const reason = error.killed ? `timed out after ${HELPER_TIMEOUT_MS / 1_000} s` : `failed (${error.code})`;
  return new SettingsError(`${program} ${reason}: run "echo ${serverUrl} | ${program} get" to see why`);
}
