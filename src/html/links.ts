import type { Cell, CellsByName } from '../report/report.ts';
import { type Content, html } from './markup.ts';

/**
 * The address that a cell links to; undefined: none.
 * @param column the cell's column; `page` for a link to the page that the row's `page` names
 */
export type LinkOf = (column: string, row: CellsByName) => string | undefined;

/** No links, for a report in one file: it has no other pages. */
export const noLinks: LinkOf = () => undefined;

const text = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '');

const ADDRESSES: Readonly<Record<string, (row: CellsByName) => string | undefined>> = {
  page: ({ page }) => `/${text(page)}`,
  team: ({ team }) => path('/teams/', team),
  repository: ({ repository, registry }) => repositoryPath(text(registry), text(repository)),
  example_repository: ({ example_repository: name, registry }) => repositoryPath(text(registry), text(name)),
  name: trendPath,
  tag: (row) => (text(row.tag) === '' ? undefined : imagePath(row)),
  digest: imagePath,
  previous_tag: ({ previous_digest: digest }) => path('/images/', digest),
  change_bytes: ({ digest, previous_digest: previous }) =>
    addressOf('/compare', { old: text(previous), new: text(digest) }),
  base_image: ({ base_image: base }) => addressOf('/base', { name: text(base) }),
  distro: ({ distro, distro_version: version }) =>
    addressOf('/images', { distro: [text(distro), text(version)].filter(Boolean).join(':') }),
  rule: ({ rule }) => addressOf('/findings', { q: text(rule) }),
  // Techniques that were applied together are no step of a plan of advice.
  technique: ({ technique, builds }) =>
    addressOf(builds !== undefined || text(technique).includes(';') ? '/improvements' : '/advice', {
      q: text(technique),
    }),
  id: ({ id }) => auditPath(id),
  audit_id: ({ audit_id: id }) => auditPath(id),
};

/** Links to the pages of the dashboard. */
export const dashboardLinks: LinkOf = (column, row) => {
  const address = ADDRESSES[column]?.(row);
  return address === undefined || address.length > LONGEST_ADDRESS ? undefined : address;
};

/** Content as a link, or as it is where there is no address. */
export function link(content: Content, href: string | undefined): Content {
  return href === undefined ? content : html`<a href="${href}">${content}</a>`;
}

/** A team's name as a link to its page. */
export function teamLink(team: string): Content {
  return link(team, dashboardLinks('team', { team }));
}

/** The server refuses longer addresses; a label in a registry may name a team of any length. */
const LONGEST_ADDRESS = 4_000;

function auditPath(id: Cell | undefined): string | undefined {
  return typeof id === 'number' ? `/audits/${id}` : undefined;
}

function path(prefix: string, cell: Cell | undefined): string | undefined {
  return text(cell) === '' ? undefined : `${prefix}${encodeURIComponent(text(cell))}`;
}

/** Only images have a page. Tables without a column `kind` hold nothing but images, except the table of layers. */
function imagePath({ digest, kind, class: layerClass }: CellsByName): string | undefined {
  return layerClass === undefined && (kind === undefined || kind === 'image') ? path('/images/', digest) : undefined;
}

/** The page of the team, repository or base image that a trend is about. */
function trendPath({ scope, name, registry }: CellsByName): string | undefined {
  if (scope === 'team') return path('/teams/', name);
  if (scope === 'repository') return repositoryPath(text(registry), text(name));
  return scope === 'base' ? addressOf('/base', { name: text(name) }) : undefined;
}

/**
 * The page of a repository; if the registry is empty, the page of all repositories with that name; undefined without a
 * name.
 */
export function repositoryPath(registry: string, name: string): string | undefined {
  return addressOf('/repository', registry === '' ? { name } : { registry, name });
}

/** A page with its parameters; undefined when one of them is empty. */
function addressOf(page: string, parameters: Readonly<Record<string, string>>): string | undefined {
  return Object.values(parameters).includes('') ? undefined : `${page}?${new URLSearchParams(parameters)}`;
}
