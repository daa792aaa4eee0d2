import { afterEach, beforeEach, expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { assessLoaded } from '../../../src/inspect/assess-loaded.ts';
import { describeImage, imageText } from '../../../src/inspect/describe-image.ts';
import { loadImage } from '../../../src/inspect/load-image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { defaultSettings } from '../../support/audits.ts';
import { openClient } from '../../support/distribution-client.ts';
import { type BuiltLayer, image, tarLayer } from '../../support/image-builder.ts';
import { useRegistry } from '../../support/use-registry.ts';

let client: Registry;
const server = useRegistry();
beforeEach(() => {
  client = openClient(server.host);
});
afterEach(() => client.close());

interface InspectOptions {
  readonly deep?: boolean;
  readonly width?: number;
  readonly history?: readonly { readonly created_by: string }[];
}

async function inspect(layers: readonly BuiltLayer[], { deep = true, width, history }: InspectOptions = {}) {
  server.push('app', '1', image({ layers, ...(history ? { history } : {}) }));
  const { signal } = new AbortController();
  const options = { platform: parsePlatform('linux/amd64'), signal, deep };
  const loaded = await loadImage(client, parseReference(`${server.host}/app:1`), options);
  const { policy } = await defaultSettings();
  const assessed = assessLoaded(loaded, { policy, teams: [], knowledge: knowledgeOf([]), today: '2026-11-24' });
  const described = describeImage(loaded, assessed.findings, assessed.advice);
  return { ...described, text: imageText(described, width) };
}

test('shows the contents and hidden files of layers, with layer and cause', async () => {
  const described = await inspect([
    await tarLayer({ 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n', 'tmp/archive': 'x'.repeat(50_000), run: 'v1' }),
    await tarLayer({ 'tmp/.wh.archive': '', run: 'v2' }),
  ]);
  expect(described.contents).toMatchObject({
    files: 2,
    wastedBytes: 50_002,
    waste: { deleted: 50_000, rewritten: 0, replaced: 2 },
    layers: [
      { position: 0, wastedBytes: 50_002 },
      { position: 1, wastedBytes: 0 },
    ],
    wastedFiles: [
      { path: 'tmp/archive', cause: 'deleted', layer: 0, hiddenBy: 1 },
      { path: 'run', cause: 'replaced' },
    ],
  });
  expect(described.verdict.distro).toEqual({
    value: { id: 'debian', version: '12' },
    confidence: 'proven',
    evidence: 'os-release',
  });
  expect(described.text).toContain('50.0 kB  layer 1  tmp/archive, deleted by layer 2');
});

test('reads layers only with --deep', async () => {
  const layer = await tarLayer({ app: 'app' });
  expect((await inspect([layer], { deep: false })).contents).toBeUndefined();
  expect(server.count({ path: new RegExp(`/blobs/${layer.digest}`) })).toBe(0);
});

test('refuses layers that do not match the diff IDs of the config', async () => {
  const layer = { ...(await tarLayer({ app: 'app' })), diffId: digestOf('something else') };
  await expect(inspect([layer])).rejects.toMatchObject({ code: 'content-mismatch' });
});

test('the layer table is cut to the width of a terminal; without a terminal it is not cut', async () => {
  const layers = [await tarLayer({ app: 'v1' })];
  const history = [{ created_by: `RUN /bin/sh -c echo ${'x'.repeat(200)} # buildkit` }];
  const whole = await inspect(layers, { deep: false, history });
  expect(whole.text).toContain('x'.repeat(200));
  const narrow = await inspect(layers, { deep: false, history, width: 60 });
  const row = narrow.text.split('\n').find((line) => line.includes('RUN echo'));
  expect(row).toMatch(/^.{59}…$/);
});
