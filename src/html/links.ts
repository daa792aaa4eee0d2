import type { Cell } from '../report/report.ts';

export type CellsByName = Readonly<Record<string, Cell>>;

/** Where a cell of a table leads to, by its column, or `page`: to a page of that name; undefined: nowhere. */
export type LinkOf = (column: string, row: CellsByName) => string | undefined;

/** A file has no other pages. */
export const noLinks: LinkOf = () => undefined;

const text = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '');

const PLACES: Readonly<Record<string, (row: CellsByName) => string | undefined>> = {
  page: ({ page }) => `/${text(page)}`,
  team: ({ team }) => path('/teams/', team),
  repository: ({ repository, registry }) => repositoryPath(text(registry), text(repository)),
  example_repository: ({ example_repository: name, registry }) => repositoryPath(text(registry), text(name)),
  name: trendPath,
  tag: (row) => (text(row.tag) === '' ? undefined : imagePath(row)),
  digest: imagePath,
  previous_tag: ({ previous_digest: digest }) => path('/images/', digest),
  change_bytes: ({ digest, previous_digest: previous }) => comparePath(text(previous), text(digest)),
  base_image: ({ base_image: base }) => addressOf('/base', { name: text(base) }),
  distro: ({ distro, distro_version: version }) =>
    addressOf('/images', { distro: [text(distro), text(version)].filter(Boolean).join(':') }),
  rule: ({ rule }) => addressOf('/findings', { q: text(rule) }),
  // Several that were applied together are no step of a plan.
  technique: ({ technique, builds }) =>
    addressOf(builds !== undefined || text(technique).includes(';') ? '/improvements' : '/advice', {
      q: text(technique),
    }),
  id: ({ id }) => (id === null || id === undefined ? undefined : `/audits/${id}`),
  audit_id: ({ audit_id: id }) => (id === null || id === undefined ? undefined : `/audits/${id}`),
};

/** The pages of the dashboard. */
export const dashboardLinks: LinkOf = (column, row) => {
  const address = PLACES[column]?.(row);
  return address === undefined || address.length > LONGEST_ADDRESS ? undefined : address;
};

/** The server takes none that is longer: a label may name a team of any length. */
const LONGEST_ADDRESS = 4_000;

function path(prefix: string, cell: Cell | undefined): string | undefined {
  return text(cell) === '' ? undefined : `${prefix}${encodeURIComponent(text(cell))}`;
}

/** Only images have a page; tables without kinds hold images only, but for layers. */
function imagePath({ digest, kind, class: layerClass }: CellsByName): string | undefined {
  return layerClass === undefined && (kind === undefined || kind === 'image') ? path('/images/', digest) : undefined;
}

/** The page of what a trend is of. */
function trendPath({ scope, name, registry }: CellsByName): string | undefined {
  if (scope === 'team') return path('/teams/', name);
  if (scope === 'repository') return repositoryPath(text(registry), text(name));
  return scope === 'base' ? addressOf('/base', { name: text(name) }) : undefined;
}

/** The page that compares two images. */
export function comparePath(before: string, after: string): string | undefined {
  return before === '' || after === '' ? undefined : addressOf('/compare', { old: before, new: after });
}

/** The page of a repository; without its registry: of all of that name. */
export function repositoryPath(registry: string, name: string): string | undefined {
  if (name === '') return undefined;
  return addressOf('/repository', registry === '' ? { name } : { registry, name });
}

/** A page with its parameters; undefined when one of them is empty. */
function addressOf(page: string, parameters: Readonly<Record<string, string>>): string | undefined {
  return Object.values(parameters).includes('') ? undefined : `${page}?${new URLSearchParams(parameters)}`;
}
