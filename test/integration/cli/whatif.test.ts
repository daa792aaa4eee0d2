import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open-database.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { image, index } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { startRegistry } from '../../support/registry-server.ts';

/** Runs commands over a database of their own. */
async function installation() {
  const cwd = await newFolder();
  const url = await newPostgresUrl();
  return { url, slimboard: (...args: string[]) => runInProcess(cwd, args, { SLIMBOARD_DATABASE_URL: url }) };
}

test('whatif says "less" for scratch, and "more" for a larger base', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.push('library/debian', '13', image({ layers: ['base'] }));
  registry.push('library/buildpack', '13', image({ layers: ['base', 'tools'.repeat(1_000)] }));
  registry.push('app/shop', '1', image({ layers: ['base', 'shop'] }));
  const { url, slimboard } = await installation();
  await slimboard('audit', registry.host, '--plain-http');
  const toNothing = await slimboard('whatif', '--from', 'library/debian:13', '--to', 'scratch');
  expect(toNothing.stdout).toMatch(/swap +library\/debian:13 → scratch\nimages +2\na pull +\d+ B less\n/);
  expect(toNothing.stdout).toMatch(/\nteam +unowned: 2 images in 2 repositories\n +\S+\/app\/shop:1, \d+ B less\n/);
  expect(toNothing.stdout).toMatch(/\nstored +0 B less: other images still have layers of library\/debian:13\n/);
  expect(toNothing.stdout).not.toMatch(/\n\n$/);
  const toMore = await slimboard('whatif', '--from', 'library/debian:13', '--to', 'library/buildpack:13');
  expect(toMore.stdout).toMatch(/a pull +\d+ B more\n/);
  // As classification leaves it where a history shows an image, but none of its tags.
  const db = await openDatabase({ url, dataDir: '' });
  await db.query("update assessment set base_image = 'library/os' where base_image = 'library/debian:13'");
  await db.close();
  for (const from of ['os', 'library/os'])
    expect((await slimboard('whatif', '--from', from, '--to', 'scratch')).stdout).toMatch(/images +2\n/);
  const fromNone = await slimboard('whatif', '--from', 'library/debian:9', '--to', 'scratch');
  expect(fromNone).toMatchObject({ code: 2, stdout: '' });
  expect(fromNone.stderr).toContain('no audited image is built on library/debian:9');
  const fromScratch = await slimboard('whatif', '--from', 'scratch', '--to', 'library/debian:13');
  expect(fromScratch).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('on scratch have no base'),
  });
});

test('whatif names ten images of a team, each by one of its tags, and all of them as JSON', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.push('library/debian', '13', image({ layers: ['base'] }));
  for (let n = 10; n < 22; n++) registry.push(`app/shop${n}`, '1', image({ layers: ['base', `shop ${n}`] }));
  for (const tag of ['2', '3']) registry.push('app/shop10', tag, image({ layers: ['base', 'shop 10'] }));
  registry.push('app/shop11', '2', image({ layers: ['base', 'shop 11'] }));
  const { slimboard } = await installation();
  await slimboard('audit', registry.host, '--plain-http');
  const words = ['whatif', '--from', 'library/debian:13', '--to', 'scratch'];
  const { stdout } = await slimboard(...words);
  const named =
    stdout
      .split(/^team.*\n/m)[1]
      ?.trim()
      .split(/\n */) ?? [];
  expect(named[0]).toMatch(/\/app\/shop10:1 and 2 other tags, \d+ B less$/);
  expect(named[1]).toMatch(/\/app\/shop11:1 and 1 other tag, \d+ B less$/);
  expect(named[9]).toMatch(/\/app\/shop19:1, \d+ B less$/);
  expect(named.slice(10)).toEqual(['and 2 more, which --format json lists']);
  const [{ moved }] = JSON.parse((await slimboard(...words, '--format', 'json')).stdout).results;
  const repositories = moved.map((one: { repository: string }) => one.repository);
  expect(repositories).toEqual(Array.from({ length: 12 }, (_, n) => `app/shop${n + 10}`));
});

test('whatif takes for each image the layers that the new base has for its platform, stored or not', async () => {
  const registry = closedAfterTest(await startRegistry());
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const forBoth = (...layers: string[]) =>
    index(platforms.map((platform) => image({ platform, layers: layers.map((text) => platform.architecture + text) })));
  registry.push('library/debian', '13', forBoth('debian'.repeat(1_000)));
  registry.push('library/debian', '13-slim', forBoth('slim'));
  registry.push('app/shop', '1', forBoth('debian'.repeat(1_000), 'shop'));
  const bytesOf = (text: string) => image({ layers: [text] }).layers[0]?.body.length ?? 0;
  const saved = (architecture: string) =>
    bytesOf(architecture + 'debian'.repeat(1_000)) - bytesOf(`${architecture}slim`);
  const logical_bytes = saved('amd64') + saved('arm64');
  // Without the bases among its images, the registry stores their layers only for what is built on them.
  for (const { tags, stored_bytes } of [
    { tags: '*', stored_bytes: 0 },
    { tags: '1', stored_bytes: logical_bytes },
  ]) {
    const { slimboard } = await installation();
    await slimboard('bases', 'learn', `${registry.host}/library/debian:13`, '--plain-http', '--platform', 'all');
    await slimboard('audit', registry.host, '--plain-http', '--platform', 'all', '--tags', tags);
    const to = `${registry.host}/library/debian:13-slim`;
    const { stdout } = await slimboard('whatif', '--from', 'library/debian:13', '--to', to, '--format', 'json');
    expect(JSON.parse(stdout).results).toMatchObject([{ images: 2, logical_bytes, stored_bytes }]);
  }
});
