import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

// docs/architecture.md says which room may import which. Types are free: they carry no behaviour.

const SOURCE = resolve(import.meta.dirname, '../../src');
const IMPORT = /^(?:import|export)\s(?!type\s)(?<names>[^;]*?)\sfrom\s'(?<from>[^']+)'/gm;

/** What a file imports and runs, as paths from src/ or names of packages. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(IMPORT)].flatMap(({ groups }) => {
    const { names = '', from = '' } = groups ?? {};
    const typesOnly =
      names.startsWith('{') &&
      names.split(/[{},]/).every((name) => name.trim() === '' || name.trim().startsWith('type '));
    if (typesOnly) return [];
    return from.startsWith('.') ? [relative(SOURCE, resolve(SOURCE, dirname(file), from))] : [from];
  });
}

function filesOf(room: string): readonly string[] {
  return readdirSync(join(SOURCE, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name));
}

test('the map names every room', () => {
  const map = readFileSync(resolve(SOURCE, '../docs/architecture.md'), 'utf8');
  const rooms = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rooms.map(({ name }) => `\`${name}/\``).filter((room) => !map.includes(room))).toEqual([]);
});

/** The nodes of a graph that lead back to themselves. */
function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const reaches = (from: string, seen = new Set<string>()): ReadonlySet<string> => {
    for (const next of edges.get(from) ?? []) if (!seen.has(next)) reaches(next, seen.add(next));
    return seen;
  };
  return [...edges.keys()].filter((node) => reaches(node).has(node));
}

test('no module imports itself by way of others', () => {
  expect(cyclesOf(new Map(filesOf('.').map((file) => [file, importsOf(file)])))).toEqual([]);
});

/** The room of a file, by its path from src/; undefined for files in src/ itself and outside it. */
function roomOf(path: string): string | undefined {
  return path.startsWith('..') || !path.includes('/') ? undefined : path.slice(0, path.indexOf('/'));
}

test('no room imports itself by way of others', () => {
  const edges = new Map<string, string[]>();
  for (const file of filesOf('.'))
    for (const target of importsOf(file)) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from && to && from !== to) edges.set(from, [...(edges.get(from) ?? []), to]);
    }
  expect(edges.get('audit')).toContain('fetch');
  expect(cyclesOf(edges)).toEqual([]);
});

const PURE: Readonly<Record<string, readonly string[]>> = {
  common: ['common/', 'errors.ts'],
  oci: ['oci/', 'common/', 'errors.ts', 'node:crypto'],
  secrets: ['secrets/', 'oci/', 'common/', 'errors.ts'],
  classify: ['classify/', 'secrets/', 'oci/', 'common/', 'errors.ts', '../config/'],
  measure: ['measure/', 'oci/', 'classify/', 'common/', 'errors.ts'],
  policy: ['policy/', 'measure/', 'classify/', 'secrets/', 'oci/', 'common/', 'errors.ts', '../config/'],
  advise: ['advise/', 'policy/', 'measure/', 'classify/', 'secrets/', 'oci/', 'common/', 'errors.ts', '../config/'],
};

test.each(Object.entries(PURE))('%s computes only: it imports nothing that reads or writes', (room, allowed) => {
  const foreign = filesOf(room).flatMap((file) =>
    importsOf(file)
      .filter((target) => !allowed.some((start) => target.startsWith(start)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(foreign).toEqual([]);
});

const EDGES = ['registry', 'queue', 'database', 'store'];

test('the imports are found at all', () => {
  expect(importsOf('classify/classify-image.ts')).toContain('classify/base-image/find-base.ts');
  expect(importsOf('store/inventory-store.ts')).not.toContain('registry/registry.ts');
});

test.each(EDGES)('%s runs nothing of the other edges', (room) => {
  const own = room === 'store' ? ['store', 'database'] : [room];
  const others = EDGES.filter((edge) => !own.includes(edge)).map((edge) => `${edge}/`);
  const foreign = filesOf(room).flatMap((file) =>
    importsOf(file)
      .filter((target) => others.some((start) => target.startsWith(start)))
      .map((target) => `${file} imports ${target}`),
  );
  expect(foreign).toEqual([]);
});
