import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseRegistryHost } from '../../../../src/oci/reference.ts';
import {
  type CredentialsOptions,
  createCredentialsProvider,
  credentialVariable,
} from '../../../../src/registry/auth/find-credentials.ts';
import { openClient, repositoryNames } from '../../../support/distribution-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { newFolder } from '../../../support/new-folder.ts';

const CANARY = 'canary-91ce';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

async function find(
  host: string,
  config?: unknown,
  environment: Record<string, string> = {},
  { sourceName = 'any', repositories }: Partial<CredentialsOptions> = {},
) {
  if (config !== undefined) {
    await writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  }
  const provider = createCredentialsProvider({
    environment: { DOCKER_CONFIG: folder, PATH: `${folder}${delimiter}${process.env.PATH}`, ...environment },
    sourceName,
    repositories,
  });
  const found = await provider.find(parseRegistryHost(host), new AbortController().signal);
  if (!found) return undefined;
  const { kind } = found;
  if (kind !== 'password') return { kind, token: found.token.reveal() };
  return { kind, username: found.username, password: found.password.reveal() };
}

const HOST = 'registry.example.com';
/** A file with a login at that registry. */
const authsOf = (username: string) => JSON.stringify({ auths: { [HOST]: { auth: base64(`${username}:p`) } } });

/** A credential helper that answers so, and writes what it was asked to `asked`. */
async function installHelper(name: string, script: string): Promise<void> {
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

describe('the environment', () => {
  test.each([
    ['prod', 'SLIMBOARD_REGISTRY_PROD_USERNAME'],
    ['team-a.eu', 'SLIMBOARD_REGISTRY_TEAM_A_EU_USERNAME'],
    ['registry.example.com:5000', 'SLIMBOARD_REGISTRY_REGISTRY_EXAMPLE_COM_5000_USERNAME'],
  ])('of a source %s', (name, variable) => {
    expect(credentialVariable(name, 'USERNAME')).toBe(variable);
  });

  const prefix = 'SLIMBOARD_REGISTRY_PROD';
  test.each([
    [
      { [`${prefix}_USERNAME`]: 'u', [`${prefix}_PASSWORD`]: 'p' },
      { kind: 'password', username: 'u', password: 'p' },
    ],
    [
      { [`${prefix}_USERNAME`]: 'u', [`${prefix}_TOKEN`]: 't' },
      { kind: 'password', username: 'u', password: 't' },
    ],
    [
      { [`${prefix}_USERNAME`]: 'u', [`${prefix}_PASSWORD`]: '', [`${prefix}_TOKEN`]: 't' },
      { kind: 'password', username: 'u', password: 't' },
    ],
    [{ [`${prefix}_TOKEN`]: 't' }, { kind: 'registry-token', token: 't' }],
    [{ [`${prefix}_TOKEN`]: 't\n' }, { kind: 'registry-token', token: 't' }],
    [
      { [`${prefix}_USERNAME`]: 'u\r\n', [`${prefix}_PASSWORD`]: ' p \n' },
      { kind: 'password', username: 'u', password: ' p ' },
    ],
    [{ SLIMBOARD_REGISTRY_OTHER_TOKEN: 't' }, undefined],
    [{}, undefined],
  ])('of a source, %j, are %j', async (environment, credentials) => {
    expect(await find('registry.example.com', undefined, environment, { sourceName: 'prod' })).toEqual(credentials);
  });

  test('a token that no header can carry is a settings error that does not show it', async () => {
    const found = find(
      'registry.example.com',
      undefined,
      { [`${prefix}_TOKEN`]: `${CANARY} ${CANARY}` },
      { sourceName: 'prod' },
    );
    const error = await found.catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'settings', message: expect.stringContaining(`${prefix}_TOKEN is not`) });
    expect(inspect(error)).not.toContain(CANARY);
  });

  test('comes before config.json', async () => {
    const config = { auths: { 'registry.example.com': { auth: base64('file:file') } } };
    expect(
      await find('registry.example.com', config, { [`${prefix}_TOKEN`]: 't' }, { sourceName: 'prod' }),
    ).toMatchObject({
      token: 't',
    });
  });

  test.each(['USERNAME', 'PASSWORD'])('%s alone is a settings error that does not show its value', async (part) => {
    const found = find('registry.example.com', undefined, { [`${prefix}_${part}`]: CANARY }, { sourceName: 'prod' });
    const error = await found.catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'settings', message: expect.stringContaining(`${prefix}_USERNAME`) });
    expect(inspect(error)).not.toContain(CANARY);
  });
});

describe("Docker's config.json", () => {
  test('is in a folder whose name has no line break from a file of variables', async () => {
    const auths = { 'registry.example.com': { username: 'u', password: 'p' } };
    expect(await find('registry.example.com', { auths }, { DOCKER_CONFIG: `${folder}\r` })).toMatchObject({
      username: 'u',
    });
  });

  const AUTH = { auth: base64('u:p') };
  const PAIR = { kind: 'password', username: 'u', password: 'p' };

  test.each([
    ['username and password', HOST, HOST, { auth: base64('u:p:with:colons') }, { ...PAIR, password: 'p:with:colons' }],
    ['unpacked', HOST, HOST, { username: 'u', password: 'p' }, PAIR],
    [
      'an identity token',
      HOST,
      HOST,
      { auth: base64('u:'), identitytoken: 'i' },
      { kind: 'identity-token', token: 'i' },
    ],
    ['a registry token', HOST, HOST, { registrytoken: 'r' }, { kind: 'registry-token', token: 'r' }],
    ['with a port', `${HOST}:5000`, `${HOST}:5000`, AUTH, PAIR],
    ['as a URL', `https://${HOST}/v1/`, HOST, AUTH, PAIR],
    ['with the port of HTTPS', `${HOST}:443`, HOST, AUTH, PAIR],
    ['without the port of HTTPS', HOST, `${HOST}:443`, AUTH, PAIR],
    ['of Docker Hub', 'https://index.docker.io/v1/', 'docker.io', AUTH, PAIR],
    ['without content', HOST, HOST, {}, undefined],
    ['for a longer host', `${HOST}.evil.example`, HOST, AUTH, undefined],
    ['for a parent domain', 'example.com', HOST, AUTH, undefined],
    ['for another port', `${HOST}:1`, `${HOST}:2`, AUTH, undefined],
  ])('an entry %s', async (_name, key, host, entry, credentials) => {
    expect(await find(host, { auths: { [key]: entry } })).toEqual(credentials);
  });

  test.each([
    ['registry.example.com', 'registry.example.com'],
    ['docker.io', 'https://index.docker.io/v1/'],
  ])('the entry of %s itself comes before those that Podman keeps for a part of it', async (host, whole) => {
    const entries = { [`${host}/team`]: 'part', [whole]: 'whole' };
    const auths = Object.fromEntries(
      Object.entries(entries).map(([key, name]) => [key, { auth: base64(`${name}:p`) }]),
    );
    expect(await find(host, { auths })).toMatchObject({ username: 'whole' });
  });

  test.each([
    [['team/app', 'team/tool'], 'team'],
    [['team/app/**'], 'app'],
    [['team/app', 'other'], 'whole'],
    [['teams/app'], 'whole'],
    [undefined, 'whole'],
  ])('the entry that Podman keeps for a part serves a source of only that part: %j', async (repositories, username) => {
    const keys = { team: `${HOST}/team`, app: `${HOST}/team/app`, whole: HOST };
    const auths = Object.fromEntries(Object.entries(keys).map(([name, key]) => [key, { auth: base64(`${name}:p`) }]));
    expect(await find(HOST, { auths }, {}, { repositories })).toMatchObject({ username });
  });

  test.each([
    ['no base64', '%%%'],
    ['a password alone', base64(CANARY)],
    ['base64 of base64', base64(base64(`u:${CANARY}`))],
  ])('an entry that is %s is a settings error that names it, and does not show it', async (_what, auth) => {
    const error = await find(HOST, { auths: { [HOST]: { auth } } }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      code: 'settings',
      message: expect.stringMatching(/config\.json, auths of registry\.example\.com: "auth" is not the base64/),
    });
    expect(String(error)).not.toContain(CANARY);
  });

  test('without a file access is anonymous', async () => {
    expect(await find('registry.example.com')).toBe(undefined);
  });

  test.each([
    ['no JSON', `{"auths": {"x": {"auth": "${CANARY}" oops`],
    ['no object', '[1]'],
  ])('%s is a settings error that does not show the contents', async (_name, text) => {
    const error = await find('registry.example.com', text).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'settings', message: expect.stringContaining('config.json') });
    expect(inspect(error, { depth: 9 })).not.toContain(CANARY);
  });
});

describe("Podman's auth.json", () => {
  async function writeAuths(username: string, ...path: string[]): Promise<void> {
    const at = join(folder, ...path);
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'auth.json'), authsOf(username));
  }

  test.each([
    ['in the folder of the session', { XDG_RUNTIME_DIR: 'run' }, ['run', 'containers']],
    ['in the folder of settings', { XDG_CONFIG_HOME: 'etc' }, ['etc', 'containers']],
    ["in the user's folder of settings", { HOME: '' }, ['.config', 'containers']],
  ])('is read %s, after config.json', async (_where, variables, path) => {
    await writeAuths('podman', ...path);
    const environment = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, join(folder, value)]),
    );
    expect(await find(HOST, undefined, environment)).toMatchObject({ username: 'podman' });
    expect(await find(HOST, { auths: { 'other.example.com': {} } }, environment)).toMatchObject({ username: 'podman' });
    expect(await find(HOST, authsOf('docker'), environment)).toMatchObject({ username: 'docker' });
  });

  test("comes before another team's entry in config.json, which is better than none", async () => {
    const docker = { auths: { [`${HOST}/other-team`]: { auth: base64('other:p') } } };
    const environment = { XDG_CONFIG_HOME: join(folder, 'etc') };
    const wanted = { repositories: ['team/app'] };
    expect(await find(HOST, docker, environment, wanted)).toMatchObject({ username: 'other' });
    await writeAuths('podman', 'etc', 'containers');
    expect(await find(HOST, docker, environment, wanted)).toMatchObject({ username: 'podman' });
  });

  test('is read alone if REGISTRY_AUTH_FILE names it', async () => {
    await writeAuths('named');
    const environment = { REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
    expect(await find(HOST, authsOf('docker'), environment)).toMatchObject({ username: 'named' });
    expect(
      await find('other.example.com', { auths: { 'other.example.com': { auth: base64('u:p') } } }, environment),
    ).toBe(undefined);
  });

  test('is missed if REGISTRY_AUTH_FILE names none', async () => {
    await expect(find(HOST, {}, { REGISTRY_AUTH_FILE: join(folder, 'none') })).rejects.toMatchObject({
      code: 'settings',
      message: expect.stringMatching(/REGISTRY_AUTH_FILE names .*none, which does not exist/),
    });
  });
});

describe('DOCKER_AUTH_CONFIG', () => {
  const held = { DOCKER_AUTH_CONFIG: `${authsOf('held')}\n` };

  test('comes before config.json, which has the other registries', async () => {
    const other = 'other.example.com';
    const config = { auths: { [HOST]: { auth: base64('docker:p') }, [other]: { auth: base64('docker:p') } } };
    expect(await find(HOST, config, held)).toMatchObject({ username: 'held' });
    expect(await find(other, config, held)).toMatchObject({ username: 'docker' });
  });

  test('is not read if REGISTRY_AUTH_FILE names a file', async () => {
    await writeFile(join(folder, 'auth.json'), authsOf('named'));
    const environment = { ...held, REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
    expect(await find(HOST, {}, environment)).toMatchObject({ username: 'named' });
  });

  test('that is empty counts as unset, and one that is no object is an error without its content', async () => {
    expect(await find(HOST, authsOf('docker'), { DOCKER_AUTH_CONFIG: '' })).toMatchObject({ username: 'docker' });
    const error = await find(HOST, {}, { DOCKER_AUTH_CONFIG: `"${CANARY}"` }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'settings', message: expect.stringContaining('not a JSON object: set it to') });
    expect(inspect(error, { depth: 9 })).not.toContain(CANARY);
  });
});

describe('credential helpers', () => {
  const answer = (username: string, secret: string): string =>
    `cat > "$(dirname "$0")/asked"; echo '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`;

  test('the helper of the registry precedes its entry and the common helper', async () => {
    await installHelper('mine', answer('u', 'p'));
    const config = {
      credHelpers: { 'registry.example.com': 'mine' },
      credsStore: 'none',
      auths: { 'registry.example.com': { auth: base64('file:file') } },
    };
    expect(await find('registry.example.com', config)).toEqual({ kind: 'password', username: 'u', password: 'p' });
  });

  test('the common helper is asked with the key that docker login wrote', async () => {
    await installHelper('store', answer('<token>', 'i'));
    const config = { credsStore: 'store', auths: { 'https://index.docker.io/v1/': {} } };
    expect(await find('docker.io', config)).toEqual({ kind: 'identity-token', token: 'i' });
  });

  test('if a helper has nothing stored, access is anonymous', async () => {
    await installHelper('store', 'echo "credentials not found in native keychain"; exit 1');
    expect(await find('registry.example.com', { credsStore: 'store' })).toBe(undefined);
  });

  test.each([
    ['is not installed', 'absent', '', /install it/],
    ['fails', 'broken', `echo "${CANARY}" >&2; exit 3`, /failed \(3\)/],
    [
      'prints an error instead of credentials',
      'chatty',
      `echo "${CANARY}: not logged in"`,
      /answered no JSON object: run/,
    ],
    ['prints nothing', 'mute', 'exit 0', /answered no JSON object: run/],
  ])('one that %s', async (_name, name, script, message) => {
    if (script) await installHelper(name, script);
    const error = await find('registry.example.com', { credsStore: name }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'settings', message: expect.stringMatching(message) });
    expect(inspect(error, { depth: 9 })).not.toContain(CANARY);
  });

  test('one that hangs holds neither an aborted request nor the end of the client', async () => {
    await installHelper('hangs', 'touch "$(dirname "$0")/started"; exec sleep 30');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ credsStore: 'hangs' }));
    const environment = { DOCKER_CONFIG: folder, PATH: `${folder}${delimiter}${process.env.PATH}` };
    const credentials = createCredentialsProvider({ sourceName: 'any', environment });
    const looking: Promise<unknown>[] = [];
    const client = openClient('127.0.0.1:9', {
      credentials: {
        find: (...question) => {
          const found = credentials.find(...question);
          looking.push(found);
          return found;
        },
      },
    });
    const stop = new AbortController();
    const names = repositoryNames(client, { signal: stop.signal });
    await eventually(() => access(join(folder, 'started')));
    stop.abort(new Error('stopped'));
    await expect(names).rejects.toThrow('stopped');
    await client.close();
    await expect(looking[0]).rejects.toMatchObject({ code: 'settings' });
  });

  test.each(['../evil', 'a b', 'x;touch y', '-x', ''])('an invalid name runs no program: %j', async (name) => {
    const found = await find('registry.example.com', { credHelpers: { 'registry.example.com': name } }).catch(
      (error) => error.code,
    );
    expect(found).toBe('settings');
  });
});
