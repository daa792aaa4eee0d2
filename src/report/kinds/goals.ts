import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source of the settings.', detail: true },
  { name: 'audit_id', type: 'integer', description: 'The audit.', detail: true },
  { name: 'finished_at', type: 'timestamp', description: 'Its end.', detail: true },
  { name: 'scope', type: 'text', description: 'Whose goal it is: `team` or `repository`.' },
  { name: 'team', type: 'text', description: 'The team, or `unowned`.' },
  { name: 'registry', type: 'text', description: 'The host of the registry; empty for a team.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository; empty for a team.' },
  { name: 'repositories', type: 'integer', description: 'How many repositories that is.' },
  { name: 'reached', type: 'integer', description: 'How many of them are at their goal or below.' },
  {
    name: 'start_bytes',
    type: 'bytes',
    description: 'Where it started: the baseline, else the size when it was first audited.',
  },
  {
    name: 'current_bytes',
    type: 'bytes',
    description: 'The pull size of the newest build; of a team the sum of its repositories.',
  },
  { name: 'goal_bytes', type: 'bytes', description: 'The size to get to.' },
  { name: 'left_bytes', type: 'bytes', description: 'What is left to take off.', gist: true },
  { name: 'possible_bytes', type: 'bytes', description: 'What advice says it can become at best.' },
  {
    name: 'progress_percent',
    type: 'percent',
    description: 'The share of the way that is done; negative: further away than at the start.',
    gist: true,
  },
  {
    name: 'progress_change',
    type: 'number',
    description: 'Percentage points won or lost since the audit before with the same coverage.',
  },
];

export const goals: ReportKind = {
  name: 'goals',
  description: 'One row a team, then one a repository: how far it is on the way to its goal, most bytes left first.',
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
