import { defineColumns } from '../report.ts';
import { type ReportKind, selectColumns } from './kind.ts';

const columns = defineColumns({
  id: ['integer', "The audit's number."],
  sources: ['list', 'Its sources, separated by `;`.'],
  lane: ['text', '`nightly`: scheduled; `adhoc`: started by hand.'],
  status: [
    'text',
    '`running`, `stopped` (the next audit of its sources goes on from there), `finished`, `incomplete` (some items failed) or `failed`.',
  ],
  stage: [
    'text',
    'What it is doing: `inventory`, `layers`, `assess` or `close`; `deliver` when it has ended.',
    'detail',
  ],
  started_at: ['timestamp', 'When it started.'],
  finished_at: ['timestamp', 'When it ended.', 'detail'],
  seconds: ['integer', 'How long it took; for one that has not ended, until it was last known to be alive.'],
  repositories_listed: ['integer', 'Repositories that the registries listed and the settings select.'],
  tags_listed: ['integer', 'Tags listed by the registries.'],
  tags_audited: ['integer', 'Tags of images that were audited.'],
  tags_skipped: [
    'integer',
    'Tags left out by patterns or `newest`, and those of artifacts, signatures and other kinds.',
  ],
  tags_failed: [
    'integer',
    'Tags that could not be read, and tags that the settings name but the registry does not list.',
  ],
  errors: ['integer', 'Entries in `report errors`.'],
  requests: ['integer', 'Requests to registries.', 'detail'],
  throttled: ['integer', 'How often a registry asked to slow down.', 'detail'],
  images: ['integer', 'Distinct images at the end of the audit.', 'detail'],
  logical_bytes: ['bytes', 'Logical bytes of its sources at the end of the audit.', 'detail'],
  stored_bytes: ['bytes', 'Stored bytes of its sources at the end of the audit.'],
});

export const audits: ReportKind = {
  name: 'audits',
  description: 'One row per audit, newest first: what it covered, how long it took, and how much was stored.',
  columns,
  filters: { source: "any(string_to_array(a.sources, ';'))", since: 'a.started_at', minSize: 'a.stored_bytes' },
  ofImages: (images, condition) =>
    `a.id in (select x.audit_id from audit_source x where x.source_id in (select i.source_id from ${images()} i where ${condition}))`,
  query: ({ where, audit, parameters }) => `
    select ${selectColumns(columns, 'a')} from slimboard_audits a
    where ${where} and ${audit ? `a.id = ${parameters.add(audit.id)}::int8` : 'true'}`,
  order: 'id desc',
};
