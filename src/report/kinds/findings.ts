import { byBytes } from '../../store/sql/by-bytes.ts';
import { imagesRelation } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { ALL_IMAGE_FILTERS, PLACE_COLUMNS, pickColumns, type ReportKind } from './kind.ts';

const columns = defineColumns({
  ...PLACE_COLUMNS,
  tag: ['text', 'The tag; empty for a manifest without one.', 'gist'],
  digest: ['digest', "The digest of this platform's manifest.", 'detail'],
  platform: ['text', 'Operating system, architecture and variant.'],
  team: ['text', 'The team that owns the repository, or `unowned`.'],
  rule: ['text', 'The rule that the image trips.', 'gist'],
  severity: ['text', '`error`, `warn` or `info`, as the policy sets it.', 'gist'],
  confidence: ['text', 'How certain the finding is.', 'detail'],
  message: ['text', 'What was found.', 'gist'],
  layer: [
    'integer',
    'The layer that it concerns, if there is one: counted from 1, the lowest layer of the base first, as in `inspect`.',
  ],
  min_bytes: ['bytes', 'The least that fixing it saves, where known.', 'detail'],
  max_bytes: ['bytes', 'The most that fixing it saves, where known.'],
});

const BY_SEVERITY = "case severity when 'error' then 0 when 'warn' then 1 else 2 end";

export const findings: ReportKind = {
  name: 'findings',
  description: 'One row per finding of an image, errors first.',
  columns,
  filters: { ...ALL_IMAGE_FILTERS, since: 'i.first_seen_at' },
  query: (scope) => `
    select i.source, i.registry, i.repository, i.tag, i.digest, i.platform, i.team, f.rule, f.severity, f.confidence, f.message,
      f.layer + 1 as layer, f.min_bytes, f.max_bytes, f.ordinal
    from ${imagesRelation(scope)} i join finding f on f.manifest_id = i.manifest_id
    where ${scope.where}`,
  order: `${BY_SEVERITY}, max_bytes desc nulls last, ${byBytes('source', 'registry', 'repository', 'tag', 'platform')}, digest, ordinal`,
};

/** Findings summed by rule, for a selection of images: audits store totals by rule only for whole sources. */
export const findingsByRule: ReportKind = {
  ...findings,
  description: 'One row per rule that images trip, errors first.',
  columns: [
    ...pickColumns(findings, ['rule', 'severity']),
    { name: 'message', type: 'text', description: 'What was found, if that is the same in all of them.' },
    ...pickColumns(findings, ['max_bytes']),
    { name: 'images', type: 'integer', description: 'Number of images that trip it.' },
  ],
  query: (scope) => `
    select f.severity, f.rule, case when min(f.message) = max(f.message) then min(f.message) end as message, sum(f.max_bytes)::int8 as max_bytes, count(distinct f.manifest_id) as images
    from (select distinct i.manifest_id from ${imagesRelation(scope)} i where ${scope.where}) i
    join finding f on f.manifest_id = i.manifest_id
    group by f.severity, f.rule`,
  order: `${BY_SEVERITY}, images desc, ${byBytes('rule')}`,
};
