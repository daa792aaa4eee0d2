import type { Cell } from '../report/report.ts';

export type CellsByName = Readonly<Record<string, Cell>>;

/** Where a cell of a table leads to, by its column; undefined: nowhere. */
export type LinkOf = (column: string, row: CellsByName) => string | undefined;

/** A file has no other pages. */
export const noLinks: LinkOf = () => undefined;

const text = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '');

const PLACES: Readonly<Record<string, (row: CellsByName) => string | undefined>> = {
  team: ({ team }) => path('/teams/', team),
  repository: ({ repository, registry }) => repositoryPath(text(registry), text(repository)),
  tag: (row) => (text(row.tag) === '' ? undefined : imagePath(row)),
  digest: imagePath,
  base_image: ({ base_image: base }) => filtered('/images', 'base', text(base).split(';')[0] ?? ''),
  distro: ({ distro }) => filtered('/images', 'distro', text(distro)),
  rule: ({ rule }) => filtered('/findings', 'q', text(rule)),
  id: ({ id }) => (id === null || id === undefined ? undefined : `/audits/${id}`),
  audit_id: ({ audit_id: id }) => (id === null || id === undefined ? undefined : `/audits/${id}`),
};

/** The pages of the dashboard. */
export const dashboardLinks: LinkOf = (column, row) => PLACES[column]?.(row);

function path(prefix: string, cell: Cell | undefined): string | undefined {
  return text(cell) === '' ? undefined : `${prefix}${encodeURIComponent(text(cell))}`;
}

/** Only images have a page; tables without kinds hold images only. */
function imagePath({ digest, kind }: CellsByName): string | undefined {
  return kind === undefined || kind === 'image' ? path('/images/', digest) : undefined;
}

function filtered(page: string, filter: string, value: string): string | undefined {
  return value === '' ? undefined : `${page}?${new URLSearchParams({ [filter]: value })}`;
}

/** The page of a repository; without its registry: of all of that name. */
export function repositoryPath(registry: string, name: string): string | undefined {
  if (name === '') return undefined;
  return `/repository?${new URLSearchParams(registry === '' ? { name } : { registry, name })}`;
}
