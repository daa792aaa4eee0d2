import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source of the settings.', detail: true },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'team', type: 'text', description: 'Its owner, or `unowned`.' },
  { name: 'tag', type: 'text', description: 'A tag of the build that applied techniques.' },
  { name: 'previous_tag', type: 'text', description: 'A tag of the build before it.' },
  { name: 'platform', type: 'text', description: 'The platform of both.', detail: true },
  { name: 'built_at', type: 'timestamp', description: 'When the later one was built, else first seen.' },
  {
    name: 'technique',
    type: 'list',
    description: 'What the change counts for: a second stage and another base together, else what mends findings.',
  },
  { name: 'techniques', type: 'list', description: 'All that were recognised.', detail: true },
  { name: 'previous_bytes', type: 'bytes', description: 'The pull size before.' },
  { name: 'compressed_bytes', type: 'bytes', description: 'The pull size after.' },
  {
    name: 'saved_bytes',
    type: 'bytes',
    description: 'The difference: what was achieved. Negative: it grew.',
    gist: true,
  },
  { name: 'saved_percent', type: 'percent', description: 'The same in percent of the size before.' },
  {
    name: 'base_saved_bytes',
    type: 'bytes',
    description: 'The part of it that the base makes up, where both bases end at a known layer.',
    detail: true,
  },
  { name: 'estimated_min_bytes', type: 'bytes', description: 'What advice says it saves at least.', detail: true },
  { name: 'estimated_max_bytes', type: 'bytes', description: 'The same at most.', detail: true },
  { name: 'estimated_min_percent', type: 'percent', description: 'The estimate at least, in percent.' },
  { name: 'estimated_max_percent', type: 'percent', description: 'The estimate at most, in percent.' },
  {
    name: 'outcome',
    type: 'text',
    description: '`as estimated`, `more` or `less`; unknown where advice would not have said it.',
  },
  { name: 'evidence', type: 'text', description: 'What the techniques are recognised by.', detail: true },
  { name: 'digest', type: 'digest', description: 'The manifest of the later build.', detail: true },
  { name: 'previous_digest', type: 'digest', description: 'The manifest of the build before it.', detail: true },
];

export const improvements: ReportKind = {
  name: 'improvements',
  description:
    'One row a build that applied techniques: what was estimated, and what was achieved, most bytes saved first.',
  columns,
  currentOnly: true,
  filters: {
    source: 'b.source',
    registry: 'b.registry',
    team: 'b.team',
    repository: 'b.repository',
    tag: 'b.tag',
    since: 'b.built_at',
    minSize: 'b.saved_bytes',
  },
  query: ({ where }) => `
    select ${selectColumns(columns, 'b')} from slimboard_improvements b where ${where}`,
  order: 'saved_bytes desc, source, registry, repository, platform, built_at, digest',
};
