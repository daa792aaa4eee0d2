import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the package has what its programs read, and no source maps', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], { maxBuffer: 10_000_000 });
  const [{ files }] = JSON.parse(stdout) as [{ files: readonly { readonly path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'assets/page.css',
      'config/default.yaml',
      'dist/help.txt',
      'dist/pglite-template.tgz',
      'dist/slimboard.cjs',
      'migrations/0001_content.sql',
    ]),
  );
  expect(existsSync('dist/slimboard.cjs.map')).toBe(true);
  expect(paths.filter((path) => path.endsWith('.map'))).toEqual([]);
});
