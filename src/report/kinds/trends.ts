import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'finished_at', type: 'timestamp', description: 'The end of the audit.' },
  { name: 'audit_id', type: 'integer', description: 'The audit.', detail: true },
  { name: 'source', type: 'text', description: 'The source of the settings.' },
  { name: 'scope', type: 'text', description: 'What the sizes are of: `source`, `team` or `repository`.' },
  { name: 'name', type: 'text', description: 'Its name.' },
  { name: 'status', type: 'text', description: 'How the audit ended: `finished`, or `incomplete`.', detail: true },
  { name: 'tags', type: 'integer', description: 'Tags.' },
  { name: 'images', type: 'integer', description: 'Distinct images under those tags.' },
  { name: 'logical_bytes', type: 'bytes', description: 'The pull sizes of all tags, as if nothing were shared.' },
  { name: 'stored_bytes', type: 'bytes', description: 'Stored bytes; of a team its fair share.' },
  {
    name: 'change_bytes',
    type: 'bytes',
    description: 'Stored bytes against the audit before with the same coverage; unknown where there is none.',
  },
];

export const trends: ReportKind = {
  name: 'trends',
  description:
    'One row an audit and source, team or repository, newest first; a repository has a row when its sizes change.',
  columns,
  filters: {
    source: 't.source',
    team: 't.team',
    repository: 't.repository',
    since: 't.finished_at',
    minSize: 't.stored_bytes',
  },
  query: ({ where }) => `
    select ${selectColumns(columns, 't')} from slimboard_trends t where ${where}
    order by t.finished_at desc, t.audit_id desc, t.source, t.scope, t.name`,
};
