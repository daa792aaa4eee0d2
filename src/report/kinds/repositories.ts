import type { Column } from '../report.ts';
import { type ReportKind, repositoriesRelation, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source that it was found in.', detail: true },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'team', type: 'text', description: 'The team that owns it, or `unowned`.' },
  {
    name: 'team_origin',
    type: 'text',
    description: 'How the owner is known: `pattern`, `registry`, `label` or `none`.',
    detail: true,
  },
  { name: 'tags', type: 'integer', description: 'Its tags.' },
  { name: 'images', type: 'integer', description: 'Distinct images under those tags.' },
  { name: 'logical_bytes', type: 'bytes', description: 'The pull sizes of all its tags, as if nothing were shared.' },
  { name: 'stored_bytes', type: 'bytes', description: 'Each distinct blob in it, counted once.', gist: true },
  { name: 'exclusive_bytes', type: 'bytes', description: 'What would be freed without this repository.' },
  {
    name: 'shared_bytes',
    type: 'bytes',
    description: 'Bytes in blobs that other repositories would keep.',
    detail: true,
  },
  { name: 'own_bytes', type: 'bytes', description: 'Bytes in distinct layers above the base images.' },
  { name: 'median_bytes', type: 'bytes', description: 'The median pull size of its images.' },
  { name: 'largest_bytes', type: 'bytes', description: 'The largest pull size of its images.' },
  {
    name: 'growth_bytes',
    type: 'bytes',
    description: 'Change of its stored bytes since the previous audit with the same coverage.',
  },
  {
    name: 'growth_percent',
    type: 'percent',
    description: 'Change of its stored bytes since the previous audit with the same coverage, in percent.',
    detail: true,
  },
  { name: 'first_seen_at', type: 'timestamp', description: 'When it was first listed.', detail: true },
  { name: 'last_seen_at', type: 'timestamp', description: 'When it was last listed.', detail: true },
];

export const repositories: ReportKind = {
  name: 'repositories',
  description: 'One row per repository, most stored bytes first.',
  columns,
  filters: {
    source: 'r.source',
    registry: 'r.registry',
    team: 'r.team',
    repository: 'r.repository',
    since: 'r.first_seen_at',
    minSize: 'r.stored_bytes',
  },
  query: (scope) => `
    select ${selectColumns(columns, 'r')} from ${repositoriesRelation(scope)} r where ${scope.where}`,
  order: 'stored_bytes desc nulls last, source, registry, repository',
};
