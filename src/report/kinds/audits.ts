import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'id', type: 'integer', description: 'The audit.' },
  { name: 'sources', type: 'list', description: 'Its sources, `;`-separated.' },
  { name: 'lane', type: 'text', description: '`nightly` by schedule, `adhoc` by hand.' },
  { name: 'status', type: 'text', description: '`running`, `finished`, `incomplete` (some items failed) or `failed`.' },
  { name: 'stage', type: 'text', description: 'How far it is.', detail: true },
  { name: 'started_at', type: 'timestamp', description: 'When it started.' },
  { name: 'finished_at', type: 'timestamp', description: 'When it ended.', detail: true },
  { name: 'seconds', type: 'integer', description: 'How long it took; while it runs: until it was last seen alive.' },
  { name: 'repositories_listed', type: 'integer', description: 'Repositories that the registries listed.' },
  { name: 'tags_listed', type: 'integer', description: 'Tags that the registries listed.' },
  { name: 'tags_audited', type: 'integer', description: 'Tags of images that were audited.' },
  {
    name: 'tags_skipped',
    type: 'integer',
    description: 'Tags that patterns or `newest` leave out, and those of artifacts, signatures and other kinds.',
  },
  {
    name: 'tags_failed',
    type: 'integer',
    description: 'Tags that could not be read, and those that the settings name and the registry does not list.',
  },
  { name: 'errors', type: 'integer', description: 'Entries in `report errors`.' },
  { name: 'requests', type: 'integer', description: 'Requests to registries.', detail: true },
  { name: 'throttled', type: 'integer', description: 'How often a registry asked to slow down.', detail: true },
  { name: 'images', type: 'integer', description: 'Distinct images at its end.', detail: true },
  { name: 'logical_bytes', type: 'bytes', description: 'Logical bytes of its sources at its end.', detail: true },
  { name: 'stored_bytes', type: 'bytes', description: 'Stored bytes of its sources at its end.' },
];

export const audits: ReportKind = {
  name: 'audits',
  description: 'One row an audit, the newest first: what it covered, how long it took, what it found stored.',
  columns,
  filters: { source: "any(string_to_array(a.sources, ';'))", since: 'a.started_at' },
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'a')} from slimboard_audits a
    where ${where} and ${audit ? `a.id = ${parameters.add(audit.id)}::int8` : 'true'}`,
  order: 'id desc',
};
