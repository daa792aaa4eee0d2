import { expect, test } from 'vitest';
import { closedAfterTest } from '../../support/closed-after.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { startRegistry } from '../../support/registry-server.ts';

test('with --catalogue, images are proven to be built on those that audits read', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.push('platform/runtime', '1', image({ layers: ['runtime'] }));
  registry.push('shop/app', '1', image({ layers: ['runtime', 'app'] }));
  const cwd = await newFolder();
  const env = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const slimboard = (...args: string[]) => runInProcess(cwd, args, env);
  await slimboard('audit', registry.host, '--plain-http');
  // Not audited: its base is platform/runtime, since shop/app:1 is an earlier build of it.
  const app = image({ layers: ['runtime', 'app', 'more'] });
  registry.push('shop/app', '2', app);
  const baseOf = async (tag: string, ...options: string[]) => {
    const { stdout } = await slimboard(
      'inspect',
      `${registry.host}/${tag}`,
      '--plain-http',
      '--format',
      'json',
      ...options,
    );
    const { base } = JSON.parse(stdout).verdict;
    return [base.references, base.confidence];
  };
  expect(await baseOf('shop/app:2')).toEqual([['scratch'], 'inferred']);
  expect(await baseOf('shop/app:2', '--catalogue')).toEqual([['platform/runtime:1'], 'proven']);
  expect(await baseOf('shop/app:1', '--catalogue')).toEqual([['platform/runtime:1'], 'proven']);
  // Promoted, the image is still what it is known as; only its own repository's names would be no bases.
  registry.push('live/app', '2', app);
  expect(await baseOf('live/app:2', '--catalogue')).toEqual([['shop/app:1'], 'proven']);
  await slimboard('audit', registry.host, '--plain-http');
  expect(await baseOf('live/app:2', '--catalogue')).toEqual([['platform/runtime:1'], 'proven']);
});
