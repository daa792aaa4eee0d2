import { type ChildProcess, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRegistryHost, type RegistryHost } from '../../src/oci/reference.ts';
import { endedWithRun } from './ended-with-run.ts';
import { freePort } from './free-port.ts';
import type { BuiltManifest } from './image-builder.ts';
import { newFolder } from './new-folder.ts';

/** A running process of the distribution project's registry (Debian: docker-registry), with its own folder. */
export interface DockerRegistry {
  readonly host: RegistryHost;
  push(repository: string, tag: string, content: BuiltManifest): Promise<void>;
  close(): Promise<void>;
}

/** The password of the only user, `reader`. */
export const READER_PASSWORD = 'a test only';
// bcrypt of READER_PASSWORD, at a low cost: it guards nothing.
const HTPASSWD = 'reader:$2a$05$abcdefghijklmnopqrstuuyRUAgtyKVF1qwojs5aveZ/90lr9yd/m';

/**
 * Starts the registry on a free port. With `basicAuth` it requires the password of `reader`.
 * @throws Error when the program is not installed
 */
export async function startDockerRegistry(options: { basicAuth?: boolean } = {}): Promise<DockerRegistry> {
  const folder = await newFolder();
  const host = parseRegistryHost(`127.0.0.1:${await freePort()}`);
  await writeFile(join(folder, 'htpasswd'), HTPASSWD);
  await writeFile(join(folder, 'config.yml'), JSON.stringify(configuration(folder, host, options.basicAuth === true)));
  const process = endedWithRun(
    spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  await untilListening(process);
  const headers = options.basicAuth ? { authorization: `Basic ${btoa(`reader:${READER_PASSWORD}`)}` } : {};
  return {
    host,
    push: (repository, tag, content) => push(`http://${host}/v2/${repository}`, tag, content, headers),
    async close() {
      const ended = new Promise((resolve) => process.once('exit', resolve));
      if (process.exitCode === null && process.kill()) await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// The file is JSON, which is valid YAML. @see distribution, docs/configuration.md
function configuration(folder: string, host: RegistryHost, basicAuth: boolean): object {
  const htpasswd = { realm: 'test', path: join(folder, 'htpasswd') };
  return {
    version: 0.1,
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: host },
    log: { level: 'info', formatter: 'text' },
    ...(basicAuth ? { auth: { htpasswd } } : {}),
  };
}

function untilListening(process: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    process.once('error', (cause) => reject(new Error('docker-registry does not start: is it installed?', { cause })));
    process.once('exit', (code) => reject(new Error(`docker-registry ended with ${code}: ${log}`)));
    process.stderr?.on('data', (chunk: Buffer) => {
      log += chunk;
      if (log.includes('listening on')) resolve();
    });
  });
}

async function push(base: string, tag: string, content: BuiltManifest, headers: Record<string, string>): Promise<void> {
  for (const child of content.children) await push(base, child.digest, child, headers);
  for (const [digest, blob] of content.blobs) {
    const started = await expectStatus(fetch(`${base}/blobs/uploads/`, { method: 'POST', headers }), 202);
    const location = new URL(started.headers.get('location') ?? '', base);
    location.searchParams.set('digest', digest);
    const type = { 'content-type': 'application/octet-stream' };
    await expectStatus(
      fetch(location, { method: 'PUT', headers: { ...headers, ...type }, body: new Uint8Array(blob) }),
      201,
    );
  }
  const type = { 'content-type': content.mediaType };
  const body = new Uint8Array(content.body);
  await expectStatus(fetch(`${base}/manifests/${tag}`, { method: 'PUT', headers: { ...headers, ...type }, body }), 201);
}

async function expectStatus(pending: Promise<Response>, status: number): Promise<Response> {
  const response = await pending;
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.url}: ${response.status} ${text}`);
  return response;
}
