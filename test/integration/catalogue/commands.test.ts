import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ARM, artifact, image, index } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

let cwd: string;
let registry: RegistryServer;

beforeAll(async () => {
  cwd = await newFolder();
  registry = await startRegistry();
  registry.push('library/os', '12', image({ layers: ['os'] }));
});
afterAll(() => registry.close());

const slimboard = (...args: string[]) => runInProcess(cwd, args);

test('bases are learned, listed, exported and imported, and survive pruning', async () => {
  const empty = await slimboard('bases', 'list', '--format', 'csv');
  expect(empty.stderr).toBe('the catalogue is empty: "slimboard bases learn HOST/REPO:TAG" adds base images\n');
  expect(await slimboard('bases', 'export', '-')).toMatchObject({ code: 0, stderr: empty.stderr });
  const learned = await slimboard('bases', 'learn', `${registry.host}/library/*`, '--plain-http');
  expect(learned).toMatchObject({ code: 0, stdout: '' });
  const list = await slimboard('bases', 'list', 'os:*', '--format', 'csv');
  expect(list.stderr).toBe('');
  expect(list.stdout).toContain('library/os:12,linux/amd64,');
  expect((await slimboard('bases', 'list', 'os:13', '--format', 'ndjson')).stdout).toBe('');
  const exported = await slimboard('bases', 'export', '-');
  expect(await slimboard('bases', 'export', 'moved/bases.ndjson')).toMatchObject({ code: 0, stdout: '' });
  expect(await slimboard('prune')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed\naudits +0\n/) });
  expect(await slimboard('bases', 'import', 'moved/bases.ndjson')).toMatchObject({
    code: 0,
    stderr: '1 base image read\n',
  });
  expect((await slimboard('bases', 'export', '-')).stdout).toBe(exported.stdout);
  expect((await readdir(cwd)).sort()).toEqual(['.slimboard', 'moved']);
});

test('a base that cannot be learned is reported and sets the exit code; all others are learned', async () => {
  const { code, stderr } = await slimboard('bases', 'learn', `${registry.host}/library/os:{12,13}`, '--plain-http');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const gone = await slimboard(
    'bases',
    'learn',
    `${registry.host}/library/os:13`,
    `${registry.host}/library/os`,
    '--plain-http',
  );
  expect(gone.code).toBe(4);
  expect(gone.stderr).toContain('library/os:13');
  expect(gone.stderr).toContain('1 tag, 1 unchanged, 0 failed');
});

test('the tags that a source is audited for are those learned from its name, and not from a reference to its host', async () => {
  for (const tag of ['2.0', '2.1', '3.0']) registry.push('team/base', tag, image({ layers: ['base', tag] }));
  const folder = await newFolder();
  await writeFile(
    join(folder, 'slimboard.yaml'),
    `sources: [{ name: lab, kind: oci, registry: ${registry.host}, repositories: [team/base], tags: ["2*"], newest: 1 }]`,
  );
  const learn = (ref: string) => runInProcess(folder, ['bases', 'learn', ref, '--plain-http']);
  expect((await learn('lab')).stderr).toContain('lab: 1 repository · 1 tag,');
  expect((await runInProcess(folder, ['bases', 'list', '--format', 'csv'])).stdout).toContain('team/base:2.1,');
  expect((await learn(`${registry.host}/team/base`)).stderr).toContain('/team/base: 1 repository · 3 tags,');
});

test.each(['libary/*', 'library/os:9*'])('a reference without matches is an error: %s', async (path) => {
  const { code, stderr } = await slimboard('--quiet', 'bases', 'learn', `${registry.host}/${path}`, '--plain-http');
  expect(code).toBe(4);
  expect(stderr).toContain(`${registry.host}/${path}: no tags found: check the spelling`);
});

test.each([
  ['names an artifact', ['charts/web:1'], 'no tag names an image for linux/amd64: check the reference'],
  ['has no image for the platform', ['library/os:12-arm'], 'or choose another --platform'],
  ['has nothing for any platform', ['charts/web', '--platform', 'all'], 'no tag names an image: check the reference\n'],
])('a reference is an error, each time, if it %s', async (_, [path = '', ...flags], message) => {
  registry.push(
    'charts/web',
    '1',
    artifact({ configType: 'application/vnd.example.chart', layerType: 'application/x-tar' }),
  );
  registry.push('library/os', '12-arm', index([image({ layers: ['arm'], platform: ARM })]));
  for (let run = 1; run <= 2; run++) {
    const { code, stderr } = await slimboard('bases', 'learn', `${registry.host}/${path}`, ...flags, '--plain-http');
    expect(code).toBe(4);
    expect(stderr).toContain(message);
  }
});

test('usage errors exit with 2 and say what is accepted', async () => {
  expect(await slimboard('bases', 'learn')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('catalogue.learn'),
  });
  const missing = await slimboard('bases', 'import', 'missing.ndjson');
  expect(missing).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot read missing.ndjson (ENOENT): check'),
  });
});
