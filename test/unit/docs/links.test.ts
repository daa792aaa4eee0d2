import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const pagesBelow = (folder: string, recursive: boolean): readonly string[] =>
  readdirSync(folder, { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const PAGES = [...pagesBelow('.', false), ...['config', 'docs', 'test'].flatMap((folder) => pagesBelow(folder, true))];

/** The places of a page that links may name, as GitHub makes them of its headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test.each(PAGES)('every link of %s leads somewhere', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test('every test that SECURITY.md names exists', () => {
  const [, table = ''] = /## What shows it\n(.*?)\n## /s.exec(readFileSync('SECURITY.md', 'utf8')) ?? [];
  const names = [...table.matchAll(/`((?:unit|integration|e2e)\/[^`]+)`/g)].flatMap(([, name = '']) => {
    const [folder = '', alternatives] = name.split(/[{}]/);
    return alternatives === undefined ? [name] : alternatives.split(',').map((last) => folder + last);
  });
  const missing = names.filter((name) => {
    const path = `test/${name.replace(/\/\*$/, '')}`;
    return !existsSync(path) && !existsSync(`${path}.test.ts`);
  });
  expect(names.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});
