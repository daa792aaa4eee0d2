import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('docs/dependencies.md lists exactly the dependencies', async () => {
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: object };
  const [, table = ''] = /## At run time\n([\s\S]*?)\n## /.exec(await readFile('docs/dependencies.md', 'utf8')) ?? [];
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, names = '']) => names);
  const explained = cells.flatMap((names) => [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  expect(explained.sort()).toEqual(Object.keys(dependencies).sort());
});

test('no dependency needs an install script', async () => {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean; dev?: boolean; optional?: boolean }>;
  };
  const asking = Object.entries(lock.packages).filter(
    ([, { hasInstallScript, dev, optional }]) => hasInstallScript && !dev && !optional,
  );
  expect(asking.map(([path]) => path)).toEqual([]);
});
