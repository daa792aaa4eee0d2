import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'audit_id', type: 'integer', description: 'The audit in which it happened.', detail: true },
  { name: 'source', type: 'text', description: 'The source.' },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository; empty where the error concerns the whole source.' },
  { name: 'tag', type: 'text', description: 'The tag; empty where the error concerns the whole repository.' },
  { name: 'digest', type: 'text', description: 'The digest of the content, if it concerns one.', detail: true },
  { name: 'code', type: 'text', description: 'A stable code for scripts.' },
  { name: 'message', type: 'text', description: 'What happened, and what would help.', gist: true },
  {
    name: 'retry',
    type: 'text',
    description:
      'Whether the next audit may succeed: `never`; `backoff`: it may; `after`: after the pause that the registry asked for.',
  },
  { name: 'occurred_at', type: 'timestamp', description: 'When it happened.', detail: true },
];

export const errors: ReportKind = {
  name: 'errors',
  description: 'One row per item that the newest audit of its source could not read.',
  columns,
  filters: {
    source: 'e.source',
    registry: 'e.registry',
    team: 'e.team',
    repository: 'e.repository',
    tag: 'e.tag',
    since: 'e.occurred_at',
  },
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'e')} from slimboard_errors e
    where ${where} and ${
      audit
        ? `e.audit_id = ${parameters.add(audit.id)}::int8`
        : 'e.audit_id = (select max(x.audit_id) from audit_source x where x.source_id = e.source_id)'
    }`,
  order: 'source, registry, repository, tag, digest',
};
