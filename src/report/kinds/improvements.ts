import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source.', detail: true },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'team', type: 'text', description: 'The team that owns it, or `unowned`.' },
  { name: 'tag', type: 'text', description: 'A tag of the build that applied techniques.' },
  { name: 'previous_tag', type: 'text', description: 'A tag of the previous build.' },
  { name: 'platform', type: 'text', description: 'The platform of both.', detail: true },
  {
    name: 'built_at',
    type: 'timestamp',
    description: 'When the build that applied techniques was built, else when it was first seen.',
  },
  {
    name: 'technique',
    type: 'list',
    description:
      'The technique that the row counts for: a second stage and another base together, else one that fixes findings.',
  },
  { name: 'techniques', type: 'list', description: 'All techniques that were recognised.', detail: true },
  { name: 'previous_bytes', type: 'bytes', description: 'The pull size before.' },
  { name: 'compressed_bytes', type: 'bytes', description: 'The pull size after.' },
  {
    name: 'saved_bytes',
    type: 'bytes',
    description: 'The difference between the pull sizes: what was achieved. Negative: the image grew.',
    gist: true,
  },
  { name: 'saved_percent', type: 'percent', description: 'What was achieved, in percent of the size before.' },
  {
    name: 'base_saved_bytes',
    type: 'bytes',
    description: 'The part of the saved bytes that is due to the base, if both bases end at a known layer.',
    detail: true,
  },
  { name: 'estimated_min_bytes', type: 'bytes', description: 'The least that advice says it saves.', detail: true },
  { name: 'estimated_max_bytes', type: 'bytes', description: 'The most that advice says it saves.', detail: true },
  { name: 'estimated_min_percent', type: 'percent', description: 'The least that advice says it saves, in percent.' },
  { name: 'estimated_max_percent', type: 'percent', description: 'The most that advice says it saves, in percent.' },
  {
    name: 'outcome',
    type: 'text',
    description: '`as estimated`, `more` or `less`; empty if advice would not have proposed it.',
  },
  { name: 'evidence', type: 'text', description: 'How the techniques were recognised.', detail: true },
  { name: 'digest', type: 'digest', description: 'The manifest of the build that applied techniques.', detail: true },
  { name: 'previous_digest', type: 'digest', description: 'The manifest of the previous build.', detail: true },
];

export const improvements: ReportKind = {
  name: 'improvements',
  description:
    'One row per build that applied techniques: what was estimated and what was achieved, most bytes saved first.',
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
