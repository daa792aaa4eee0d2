import type { Column } from '../report.ts';
import type { ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source of the settings.', detail: true },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'team', type: 'text', description: 'Its owner, or `unowned`.' },
  { name: 'tag', type: 'text', description: 'A tag of the build that grew.' },
  { name: 'previous_tag', type: 'text', description: 'A tag of the build before it.' },
  { name: 'platform', type: 'text', description: 'The platform of both.', detail: true },
  { name: 'created_at', type: 'timestamp', description: 'When the build that grew was made.' },
  { name: 'compressed_bytes', type: 'bytes', description: 'Its pull size.' },
  { name: 'previous_bytes', type: 'bytes', description: 'The pull size of the build before it.', detail: true },
  { name: 'change_bytes', type: 'bytes', description: 'The difference.' },
  { name: 'change_percent', type: 'percent', description: 'The difference in percent.' },
  { name: 'step', type: 'integer', description: 'The layer that grew most, counted from 1, base first.' },
  { name: 'step_bytes', type: 'bytes', description: 'By how much it is larger than the same instruction before.' },
  { name: 'instruction', type: 'text', description: 'What made that layer, secrets replaced.' },
  { name: 'digest', type: 'digest', description: 'The manifest of the build that grew.', detail: true },
  { name: 'previous_digest', type: 'digest', description: 'The manifest of the build before it.', detail: true },
];

const STEP: ReadonlySet<string> = new Set(['step', 'step_bytes', 'instruction']);
const ORDER = 'b.change_bytes desc, b.source, b.registry, b.repository, b.created_at, b.digest';

export const regressions: ReportKind = {
  name: 'regressions',
  description:
    'One row a build that is larger than the build before it in its line of tags, with the step that grew, most bytes first.',
  columns,
  filters: {
    source: 'b.source',
    team: 'b.team',
    repository: 'b.repository',
    tag: 'b.tag',
    since: 'b.seen_at',
    minSize: 'b.change_bytes',
  },
  // Sorted before their steps are looked up: of the first few, only theirs are.
  query: ({ where }) => `
    select ${columns.map(({ name }) => `${STEP.has(name) ? 'g' : 'b'}.${name}`).join(', ')}
    from (select * from grown_build b where ${where} order by ${ORDER}) b
    left join lateral grown_step(b.manifest_id, b.previous_id) g on true
    order by ${ORDER}`,
};

/** The same of some repositories, by their names. */
export function regressionsOf(repositories: readonly string[]): ReportKind {
  return {
    ...regressions,
    query: (scope) =>
      regressions.query({
        ...scope,
        where: `${scope.where} and b.repository = any(${scope.parameters.add([...repositories])}::text[])`,
      }),
  };
}
