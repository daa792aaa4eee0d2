import type { Column } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'id', type: 'integer', description: "The audit's number." },
  { name: 'sources', type: 'list', description: 'Its sources, separated by `;`.' },
  { name: 'lane', type: 'text', description: '`nightly`: scheduled; `adhoc`: started by hand.' },
  { name: 'status', type: 'text', description: '`running`, `finished`, `incomplete` (some items failed) or `failed`.' },
  {
    name: 'stage',
    type: 'text',
    description: 'What it is doing: `inventory`, `layers`, `assess` or `close`; `deliver` when it has ended.',
    detail: true,
  },
  { name: 'started_at', type: 'timestamp', description: 'When it started.' },
  { name: 'finished_at', type: 'timestamp', description: 'When it ended.', detail: true },
  {
    name: 'seconds',
    type: 'integer',
    description: 'How long it took; for a running audit, until it was last known to be alive.',
  },
  { name: 'repositories_listed', type: 'integer', description: 'Repositories listed by the registries.' },
  { name: 'tags_listed', type: 'integer', description: 'Tags listed by the registries.' },
  { name: 'tags_audited', type: 'integer', description: 'Tags of images that were audited.' },
  {
    name: 'tags_skipped',
    type: 'integer',
    description: 'Tags left out by patterns or `newest`, and those of artifacts, signatures and other kinds.',
  },
  {
    name: 'tags_failed',
    type: 'integer',
    description: 'Tags that could not be read, and tags that the settings name but the registry does not list.',
  },
  { name: 'errors', type: 'integer', description: 'Entries in `report errors`.' },
  { name: 'requests', type: 'integer', description: 'Requests to registries.', detail: true },
  { name: 'throttled', type: 'integer', description: 'How often a registry asked to slow down.', detail: true },
  { name: 'images', type: 'integer', description: 'Distinct images at the end of the audit.', detail: true },
  {
    name: 'logical_bytes',
    type: 'bytes',
    description: 'Logical bytes of its sources at the end of the audit.',
    detail: true,
  },
  { name: 'stored_bytes', type: 'bytes', description: 'Stored bytes of its sources at the end of the audit.' },
];

export const audits: ReportKind = {
  name: 'audits',
  description: 'One row per audit, newest first: what it covered, how long it took, and how much was stored.',
  columns,
  filters: { source: "any(string_to_array(a.sources, ';'))", since: 'a.started_at' },
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'a')} from slimboard_audits a
    where ${where} and ${audit ? `a.id = ${parameters.add(audit.id)}::int8` : 'true'}`,
  order: 'id desc',
};
