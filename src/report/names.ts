/** The names that `report` and `leaderboard` accept, apart from their code, which the command line need not load. */

export const KIND_NAMES = [
  'images',
  'layers',
  'bases',
  'teams',
  'repositories',
  'findings',
  'advice',
  'errors',
  'audits',
  'trends',
  'regressions',
  'improvements',
  'techniques',
  'goals',
  'reclaim',
] as const;
export type KindName = (typeof KIND_NAMES)[number];

export const FORMAT_NAMES = ['table', 'csv', 'json', 'ndjson', 'markdown', 'html'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];
/** HTML is not streamed: it is a whole page, see `htmlReport`. */
export type StreamedFormat = Exclude<FormatName, 'html'>;

export const GROUPINGS = ['team', 'repository', 'base', 'distro', 'runtime'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export const METRICS = [
  'stored',
  'own',
  'logical',
  'median',
  'largest',
  'growth',
  'improvement',
  'savings',
  'progress',
  'score',
] as const;
export type Metric = (typeof METRICS)[number];
