import { byBytes } from '../../store/sql/by-bytes.ts';
import { defineColumns } from '../report.ts';
import { imagesOfRepository, placeFilters, type ReportKind, selectColumns } from './kind.ts';

const columns = defineColumns({
  audit_id: ['integer', 'The audit in which it happened.', 'detail'],
  source: ['text', 'The source.'],
  registry: ['text', 'The host of the registry.', 'detail'],
  repository: ['text', 'The repository; empty where the error concerns the whole source.', 'gist'],
  tag: ['text', 'The tag; empty where the error concerns the whole repository.', 'gist'],
  digest: ['text', 'The digest of the content, if it concerns one.', 'detail'],
  code: ['text', 'A stable code for scripts.'],
  message: ['text', 'What happened, and what would help.', 'gist'],
  retry: [
    'text',
    'Whether the next audit may succeed: `never`; `backoff`: it may; `after`: after the pause that the registry asked for.',
  ],
  occurred_at: ['timestamp', 'When it happened.', 'detail'],
});

export const errors: ReportKind = {
  name: 'errors',
  description: 'One row per item that the newest audit of its source could not read.',
  columns,
  filters: { ...placeFilters('e'), tag: 'e.tag', since: 'e.occurred_at' },
  ofImages: imagesOfRepository('e'),
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'e')} from slimboard_errors e
    where ${where} and ${
      audit
        ? `e.audit_id = ${parameters.add(audit.id)}::int8`
        : 'e.audit_id = (select max(x.audit_id) from audit_source x where x.source_id = e.source_id)'
    }`,
  order: byBytes('source', 'registry', 'repository', 'tag', 'digest'),
};
