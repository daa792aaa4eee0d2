import { byBytes } from '../../store/sql/by-bytes.ts';
import { repositoriesRelation } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { imagesOfRepository, OWNED_COLUMNS, placeFilters, type ReportKind, selectColumns } from './kind.ts';

const columns = defineColumns({
  ...OWNED_COLUMNS,
  team_origin: ['text', 'How the owner is known: `pattern`, `registry`, `label` or `none`.', 'detail'],
  tags: ['integer', 'Its tags.'],
  images: ['integer', 'Distinct images under those tags.'],
  logical_bytes: ['bytes', 'The pull sizes of all its tags, as if nothing were shared.'],
  stored_bytes: ['bytes', 'Each distinct blob in it, counted once.', 'gist'],
  exclusive_bytes: ['bytes', 'What would be freed without this repository.'],
  shared_bytes: ['bytes', 'Bytes in blobs that other repositories would keep.', 'detail'],
  own_bytes: ['bytes', 'Bytes in distinct layers above the base images.'],
  median_bytes: ['bytes', 'The median pull size of its images.'],
  largest_bytes: ['bytes', 'The largest pull size of its images.'],
  growth_bytes: ['bytes', 'Change of its stored bytes since the previous audit with the same coverage.'],
  growth_percent: [
    'percent',
    'Change of its stored bytes since the previous audit with the same coverage, in percent.',
    'detail',
  ],
  first_seen_at: ['timestamp', 'When it was first listed.', 'detail'],
  last_seen_at: ['timestamp', 'When it was last listed.', 'detail'],
});

export const repositories: ReportKind = {
  name: 'repositories',
  description: 'One row per repository, most stored bytes first.',
  columns,
  filters: { ...placeFilters('r'), since: 'r.first_seen_at', minSize: 'r.stored_bytes' },
  ofImages: imagesOfRepository('r'),
  query: (scope) => `
    select ${selectColumns(columns, 'r')} from ${repositoriesRelation(scope)} r where ${scope.where}`,
  order: `stored_bytes desc nulls last, ${byBytes('source', 'registry', 'repository')}`,
};
