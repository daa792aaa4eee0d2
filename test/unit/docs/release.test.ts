import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('a release builds what it publishes by itself: .npmrc switches off scripts that npm would run', async () => {
  expect(await readFile('.npmrc', 'utf8')).toContain('ignore-scripts=true');
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: object };
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)/.test(name))).toEqual([]);
  const commands = await readFile('docs/release.md', 'utf8');
  expect(commands).toMatch(/^npm ci .*\nnpm run build -- --clean\n[\s\S]*^npm publish/m);
});
