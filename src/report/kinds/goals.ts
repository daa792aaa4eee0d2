import { byBytes } from '../../store/sql/by-bytes.ts';
import { defineColumns } from '../report.ts';
import { imagesOfRepository, placeFilters, type ReportKind, selectColumns } from './kind.ts';

const columns = defineColumns({
  source: ['text', 'The source.', 'detail'],
  audit_id: ['integer', "The audit's number.", 'detail'],
  finished_at: ['timestamp', 'When the audit ended.', 'detail'],
  scope: ['text', 'Whose goal it is: `team` or `repository`.'],
  team: ['text', 'The team, or `unowned`.', 'gist'],
  registry: ['text', 'The host of the registry; empty for a team.', 'detail'],
  repository: ['text', 'The repository; empty for a team.', 'gist'],
  repositories: ['integer', 'Number of repositories: those of the team, or 1.'],
  reached: ['integer', 'How many of the repositories are at their goal or below.'],
  start_bytes: ['bytes', 'The size at the start: the baseline, else the size at the first audit.'],
  current_bytes: ['bytes', 'Pull size of the newest build; for a team the sum over its repositories.'],
  goal_bytes: ['bytes', 'The size to reach.'],
  left_bytes: ['bytes', 'Bytes that are still above the goal.', 'gist'],
  possible_bytes: ['bytes', 'The smallest size that advice projects.'],
  progress_percent: ['percent', 'The share of the way that is done; negative: larger than at the start.', 'gist'],
  progress_change: ['number', 'Percentage points gained or lost since the previous audit with the same coverage.'],
});

export const goals: ReportKind = {
  name: 'goals',
  description: 'One row per team, then one per repository: progress towards its goal, most bytes left first.',
  columns,
  filters: { ...placeFilters('g'), minSize: 'g.current_bytes' },
  ofImages: imagesOfRepository('g'),
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'g')} from slimboard_goals g
    where ${audit ? `g.audit_id = ${parameters.add(audit.id)}::int8` : 'g.newest'} and ${where}`,
  order: `scope desc, left_bytes desc, ${byBytes('source', 'team', 'registry', 'repository')}`,
};
