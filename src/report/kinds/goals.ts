import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source.', detail: true },
  { name: 'audit_id', type: 'integer', description: "The audit's number.", detail: true },
  { name: 'finished_at', type: 'timestamp', description: 'When the audit ended.', detail: true },
  { name: 'scope', type: 'text', description: 'Whose goal it is: `team` or `repository`.' },
  { name: 'team', type: 'text', description: 'The team, or `unowned`.' },
  { name: 'registry', type: 'text', description: 'The host of the registry; empty for a team.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository; empty for a team.' },
  { name: 'repositories', type: 'integer', description: 'Number of repositories: those of the team, or 1.' },
  { name: 'reached', type: 'integer', description: 'How many of the repositories are at their goal or below.' },
  {
    name: 'start_bytes',
    type: 'bytes',
    description: 'The size at the start: the baseline, else the size at the first audit.',
  },
  {
    name: 'current_bytes',
    type: 'bytes',
    description: 'Pull size of the newest build; for a team the sum over its repositories.',
  },
  { name: 'goal_bytes', type: 'bytes', description: 'The size to reach.' },
  { name: 'left_bytes', type: 'bytes', description: 'Bytes that are still above the goal.', gist: true },
  { name: 'possible_bytes', type: 'bytes', description: 'The smallest size that advice projects.' },
  {
    name: 'progress_percent',
    type: 'percent',
    description: 'The share of the way that is done; negative: larger than at the start.',
    gist: true,
  },
  {
    name: 'progress_change',
    type: 'number',
    description: 'Percentage points gained or lost since the previous audit with the same coverage.',
  },
];

export const goals: ReportKind = {
  name: 'goals',
  description: 'One row per team, then one per repository: progress towards its goal, most bytes left first.',
  columns,
  filters: {
    source: 'g.source',
    registry: 'g.registry',
    team: 'g.team',
    repository: 'g.repository',
    minSize: 'g.current_bytes',
  },
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'g')} from slimboard_goals g
    where ${audit ? `g.audit_id = ${parameters.add(audit.id)}::int8` : 'g.newest'} and ${where}`,
  order: 'scope desc, left_bytes desc, source, team, registry, repository',
};
