import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { image, rawManifest } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { body } from '../../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
/** Sets the title of a terminal, colours and reorders its text, and begins a line that GitHub takes for a command. */
const HOSTILE = '\u001b]0;title\u0007\u009b31m\u202e\u2066\r\n::error::false\r';

let server: RegistryServer;
let cwd: string;
beforeAll(async () => {
  server = await startRegistry();
  const push = (name: string, manifest: object) =>
    server.push(name, '1', rawManifest(MANIFEST, JSON.stringify({ schemaVersion: 2, ...manifest })));
  server.push('app', '1', image({ config: { Labels: { team: HOSTILE }, User: HOSTILE, Cmd: [HOSTILE] } }));
  push('digest', { config: { mediaType: MANIFEST, digest: HOSTILE, size: 1 }, layers: [] });
  push('media-type', { mediaType: `application/${HOSTILE}` });
  push('size', { config: { mediaType: MANIFEST, digest: digestOf('{}'), size: HOSTILE }, layers: [] });
  push('refused', {});
  const said = JSON.stringify({ errors: [{ code: `DENIED${HOSTILE}`, message: HOSTILE }] });
  server.fault({ path: /refused\/manifests/ }, body(said, {}, 403));
  server.fault({ path: /app\/tags\/list/ }, body(JSON.stringify({ tags: ['1', HOSTILE] })));
  cwd = await newFolder();
});
afterAll(() => server?.close());

test.each([
  ['audit', 'HOST'],
  ['bases', 'learn', 'HOST/*'],
  ['doctor', 'HOST'],
  ...['app', 'digest', 'media-type', 'size', 'refused'].map((name) => ['inspect', `HOST/${name}:1`]),
])('nothing that a registry sends controls the terminal of %s %s', async (...args) => {
  const { stdout, stderr } = await runInProcess(
    cwd,
    args.map((arg) => arg.replace('HOST', server.host)),
  );
  expect(stdout + stderr).not.toBe('');
  expect(stdout + stderr).not.toMatch(/(?!\n)\p{Cc}|[\u202e\u2066]|^::/mu);
});
