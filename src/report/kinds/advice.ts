import { byBytes } from '../../store/sql/by-bytes.ts';
import { currentSteps } from '../../store/totals/current-steps.ts';
import { imagesRelation, type QueryScope } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { ALL_IMAGE_FILTERS, PLACE_COLUMNS, type ReportKind } from './kind.ts';

const columns = defineColumns({
  ...PLACE_COLUMNS,
  tag: ['text', 'The first tag, by name, that names the image.', 'gist'],
  tags: ['integer', 'Number of tags of the repository that name it.', 'detail'],
  digest: ['digest', "The digest of this platform's manifest.", 'detail'],
  platform: ['text', 'Operating system, architecture and variant.'],
  team: ['text', 'The team that owns the repository, or `unowned`.'],
  compressed_bytes: ['bytes', 'The pull size today.'],
  step: ['integer', 'Position in the plan, largest gain first; each step builds on those before it.'],
  technique: ['text', 'The technique.', 'gist'],
  gain_bytes: ['bytes', 'What the step adds to the savings: the middle of the projected range.', 'gist'],
  after_min_bytes: ['bytes', 'Projected pull size after this step and all before it, at best.', 'detail'],
  after_max_bytes: ['bytes', 'Projected pull size after this step and all before it, at worst.'],
  basis: ['text', "`measured`: from real sizes; `estimate`: from the guide's ranges."],
  base: ['text', 'The base image to move to, where one is known.'],
});

/** The steps of the scope's images, one row for each repository, image and step. Names come later: they would fill the memory for sorting. */
function stepsSql(scope: QueryScope): string {
  return `
    select g.*, p.step, p.value ->> 'technique' as technique, (p.value ->> 'gain')::numeric::int8 as gain_bytes, p.value -> 'projection' as projection
    from (
      select i.repository_id, i.manifest_id, min(${byBytes('i.tag')}) as tag, count(*) filter (where i.tag <> '') as tags
      from ${imagesRelation(scope)} i where ${scope.where} group by i.repository_id, i.manifest_id) g
    join assessment a on a.manifest_id = g.manifest_id
    cross join lateral jsonb_array_elements(a.techniques) with ordinality p (value, step)`;
}

/** Adds to steps what the report tells of them, with the names of their repositories. */
function namedSteps(steps: string): string {
  return `
    select s.name as source, r.registry, r.name as repository, p.tag, p.tags, m.digest, i.platform, r.team, i.pull_bytes as compressed_bytes,
      p.step, p.technique, p.gain_bytes, (p.projection #>> '{after,min}')::numeric::int8 as after_min_bytes,
      (p.projection #>> '{after,max}')::numeric::int8 as after_max_bytes, p.projection ->> 'basis' as basis, p.projection ->> 'base' as base,
      p.repository_id
    from (${steps}) p join repository r on r.id = p.repository_id join source s on s.id = r.source_id
    join manifest m on m.id = p.manifest_id join image i on i.manifest_id = p.manifest_id`;
}

const ofImages = (scope: QueryScope): string => namedSteps(stepsSql(scope));

export const advice: ReportKind = {
  name: 'advice',
  description: 'One row per step of the plan that makes an image smaller, largest gain first.',
  columns,
  filters: ALL_IMAGE_FILTERS,
  query: ofImages,
  order: `gain_bytes desc nulls last, ${byBytes('source', 'registry', 'repository', 'tag', 'platform')}, digest, step`,
  page: (scope, order, part) =>
    `select *, count(*) over () as total from (${ofImages(scope)}) o order by ${order}${part}`,
  givesTotal: true,
};

const { page: _, givesTotal: __, ...unpaged } = advice;

/**
 * Advice with one row for each repository and technique: the image that the technique gains most in, of those that are
 * the newest build of their tags. A repository with many tags thus takes no more room than others. For the present only.
 */
export const adviceByRepository: ReportKind = {
  ...unpaged,
  columns: columns.filter(({ name }) => name !== 'step'),
  query: (scope) => `
    with step as materialized (${stepsSql(scope)}), ${currentSteps('gain_bytes')}
    select distinct on (repository_id, technique) * from (${namedSteps('select * from current_step')}) c
    order by repository_id, technique, gain_bytes desc nulls last, ${byBytes('tag')} desc, digest`,
  order: `gain_bytes desc nulls last, ${byBytes('source', 'registry', 'repository', 'technique')}`,
};
