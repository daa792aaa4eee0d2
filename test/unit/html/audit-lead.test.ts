import { expect, test } from 'vitest';
import { auditLead } from '../../../src/html/audit-lead.ts';
import type { AuditSummary } from '../../../src/report/report.ts';

const audit = (id: number, source: string, counts: Partial<AuditSummary> = {}): AuditSummary => ({
  id,
  status: 'finished',
  sources: [source],
  started_at: '2026-11-23T02:00:00Z',
  finished_at: '2026-11-23T02:30:00Z',
  repositories_listed: 3,
  tags_listed: 100,
  tags_audited: 95,
  tags_skipped: 5,
  tags_failed: 0,
  ...counts,
});

test('one audit is named by its number', () => {
  expect(auditLead([audit(7, 'prod')])).toBe(
    'Audit 7 of prod · 2026-11-23 02:30 UTC · 95 of 100 tags audited, 5 skipped by settings or not images',
  );
});

test('figures of several sources come from the newest audit of each', () => {
  const failed = audit(6, 'mirror', { tags_audited: 94, tags_failed: 1 });
  expect(auditLead([audit(7, 'prod'), failed])).toBe(
    'Newest audits of prod, mirror · latest 2026-11-23 02:30 UTC · 189 of 200 tags audited, 10 skipped by settings or not images, 1 failed',
  );
});

test('lists and other items that could not be read are told, too: their tags are in no count', () => {
  const unlisted = { ...audit(7, 'prod', { tags_listed: 0, tags_audited: 0, tags_skipped: 0 }), other_items_failed: 1 };
  expect(auditLead([unlisted])).toMatch(/ · 0 of 0 tags audited · 1 other item failed$/);
});

test('it says how many tags the reports cover if the newest audits read a part of them', () => {
  const part = { ...audit(8, 'prod', { tags_listed: 6, tags_audited: 4, tags_skipped: 2 }), tags_covered: 100 };
  expect(auditLead([part])).toMatch(/ · 4 of 6 tags audited, .* · reports cover 100 tags$/);
  expect(auditLead([{ ...audit(7, 'prod'), tags_covered: 100 }])).not.toContain('reports cover');
});

test('a source that was audited again after an audit of several is in no count twice', () => {
  const both = { ...audit(7, 'prod'), sources: ['mirror', 'prod'], tags_covered: 60, items_failed: 1 };
  const again = { ...audit(8, 'prod', { tags_listed: 40 }), tags_covered: 40, items_failed: 2 };
  expect(auditLead([again, both])).toBe(
    'Newest audits of prod, mirror · latest 2026-11-23 02:30 UTC · reports cover 100 tags · 3 items failed',
  );
});

test('it stays one line for any number of sources', () => {
  const audits = Array.from({ length: 30 }, (_, id) => audit(id, `region-${id}`));
  expect(auditLead(audits)).toContain('region-3 and 26 other sources');
});

test('before the first audit it says how to start one', () => {
  expect(auditLead([])).toContain('slimboard audit HOST');
});
