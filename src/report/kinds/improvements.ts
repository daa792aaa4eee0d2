import { byBytes } from '../../store/sql/by-bytes.ts';
import { defineColumns } from '../report.ts';
import { imagesOfRepository, OWNED_COLUMNS, placeFilters, type ReportKind, selectColumns } from './kind.ts';

const columns = defineColumns({
  ...OWNED_COLUMNS,
  tag: ['text', 'A tag of the build that applied techniques.', 'gist'],
  previous_tag: ['text', 'A tag of the previous build.'],
  platform: ['text', 'The platform of both.', 'detail'],
  built_at: ['timestamp', 'When the build that applied techniques was built, else when it was first seen.'],
  technique: [
    'list',
    'The technique that the row counts for: a second stage and another base together, else one that fixes findings.',
  ],
  techniques: ['list', 'All techniques that were recognised.', 'detail'],
  previous_bytes: ['bytes', 'The pull size before.'],
  compressed_bytes: ['bytes', 'The pull size after.'],
  saved_bytes: ['bytes', 'The difference between the pull sizes: what was achieved. Negative: the image grew.', 'gist'],
  saved_percent: ['percent', 'What was achieved, in percent of the size before.'],
  base_saved_bytes: [
    'bytes',
    'The part of the saved bytes that is due to the base, if both bases end at a known layer.',
    'detail',
  ],
  estimated_min_bytes: ['bytes', 'The least that advice says it saves.', 'detail'],
  estimated_max_bytes: ['bytes', 'The most that advice says it saves.', 'detail'],
  estimated_min_percent: ['percent', 'The least that advice says it saves, in percent.'],
  estimated_max_percent: ['percent', 'The most that advice says it saves, in percent.'],
  outcome: ['text', '`as estimated`, `more` or `less`; empty if advice would not have proposed it.'],
  evidence: ['text', 'How the techniques were recognised.', 'detail'],
  digest: ['digest', 'The manifest of the build that applied techniques.', 'detail'],
  previous_digest: ['digest', 'The manifest of the previous build.', 'detail'],
});

export const improvements: ReportKind = {
  name: 'improvements',
  description:
    'One row per build that applied techniques: what was estimated and what was achieved, most bytes saved first.',
  columns,
  currentOnly: true,
  filters: { ...placeFilters('b'), tag: 'b.tag', since: 'b.built_at', minSize: 'b.saved_bytes' },
  ofImages: imagesOfRepository('b'),
  query: ({ where }) => `
    select ${selectColumns(columns, 'b')} from slimboard_improvements b where ${where}`,
  order: `saved_bytes desc, ${byBytes('source', 'registry', 'repository', 'platform')}, built_at, digest`,
};
