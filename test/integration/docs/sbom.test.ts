import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly object[];
  readonly properties?: readonly { readonly name: string }[];
}

test('the SBOM of a release lists every dependency, with version and licence', async () => {
  const release = await readFile('docs/release.md', 'utf8');
  const [, args = ''] = /^npm (sbom [^>]*?) >/m.exec(release) ?? [];
  const { stdout } = await promisify(execFile)('npm', args.split(' '), { maxBuffer: 50_000_000 });
  const { bomFormat, components } = JSON.parse(stdout) as { bomFormat: string; components: readonly Component[] };
  expect(bomFormat).toBe('CycloneDX');
  const isDevelopment = ({ properties = [] }: Component): boolean =>
    properties.some(({ name }) => name === 'cdx:npm:package:development');
  const running = components.filter((component) => !isDevelopment(component));
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: object };
  expect(running.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  for (const { name, version, purl, licenses = [] } of running) {
    expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+/);
    expect(purl).toContain('pkg:npm/');
    expect(licenses.length, name).toBeGreaterThan(0);
  }
});
