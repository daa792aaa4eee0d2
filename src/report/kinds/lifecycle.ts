import { byBytes } from '../../store/sql/by-bytes.ts';
import type { QueryScope, SqlParameters } from '../query-scope.ts';
import { freedSql, withFreedBytes } from '../reclaim/freed.ts';
import { type InUse, inUseSql } from '../reclaim/in-use.ts';
import { LEADS_TO } from '../reclaim/leads-to.ts';
import type { LifecycleRule } from '../reclaim/lifecycle-policy.ts';
import { defineColumns } from '../report.ts';
import { OWNED_COLUMNS, placeFilters, type ReportKind } from './kind.ts';

const columns = defineColumns({
  ...OWNED_COLUMNS,
  tags: ['text', 'Its tags, separated by `;`; empty: untagged.', 'gist'],
  digest: ['digest', 'The manifest that a rule marks.', 'gist'],
  rule: ['integer', 'The priority of that rule.'],
  outcome: [
    'text',
    '`expires` or `archives`; with `-later`, once the index that lists it, or the image that it describes, has gone; `stays`: an index that stays lists it; `unknown`: an index that was not read may list it.',
    'gist',
  ],
  in_use: ['boolean', 'Whether `--in-use` names it; the registry does not know what runs.'],
  pushed_at: ['timestamp', 'The push, else the build: the date that rules use.'],
  pulled_at: [
    'timestamp',
    'The last pull or, if later, when it was restored from the archive; if the registry reports it.',
    'detail',
  ],
  compressed_bytes: ['bytes', 'Its pull size.', 'detail'],
  freed_bytes: [
    'bytes',
    'What its removal frees if all rows above it are removed too: the rows sum to what the whole policy frees. Archived images free nothing.',
    'gist',
  ],
});

/**
 * A report of what a lifecycle policy would do to each repository if Amazon ECR ran it; it changes nothing. Manifests
 * that are in use come first.
 * @param rules in the order in which they apply
 * @see Amazon ECR user guide, "Automate the cleanup of images by using lifecycle policies", evaluation rules
 */
export function lifecycleSimulation(rules: readonly LifecycleRule[], inUse: InUse): ReportKind {
  return {
    name: 'reclaim',
    currentOnly: true,
    description:
      'One row per manifest that a rule of the policy marks, with what becomes of it and the bytes that it frees.',
    columns,
    // No filter selects within a repository, such as by size: rules count all its images.
    filters: placeFilters('s'),
    query: (scope) => `
      with recursive ${LEADS_TO},
      ${LISTED},
      ${markedSql(rules, scope)},
      ${OUTCOMES},
      placed as (
        select u.*, ${inUseSql(inUse, 'u', scope.parameters)} as in_use
        from outcomes u),
      chosen as (
        select p.*, case when outcome like 'expires%' then row_number() over (
          order by outcome not like 'expires%', in_use desc, ${byBytes('source', 'registry', 'repository')}, pushed_at, digest) end as place
        from placed p),
      gone as (select * from chosen where place is not null),
      ${freedSql('gone')}
      ${withFreedBytes(columns)}`,
    order: `in_use desc, place, ${byBytes('source', 'registry', 'repository')}, pushed_at, digest`,
  };
}

/**
 * `listed`: the images as ECR lists them, children of an index each as a row, mostly without a tag. `listing`: which
 * listed index lists which child. `described`: which listed manifest (a signature, an attestation) has which listed
 * subject.
 */
const LISTED = `
  listed as (
    select r.source_id, s.name as source, r.registry, r.name as repository, r.team, t.repository_id, t.manifest_id, m.digest, m.kind, m.subject,
      coalesce(string_agg(t.name, ';' order by ${byBytes('t.name')}), '') as tags, array_remove(array_agg(t.name), null) as names, bool_or(t.archived) as archived,
      max(t.pulled_at) as pulled_at, max(coalesce(t.pushed_at, i.created_at, t.started_at)) as pushed_at, max(i.pull_bytes) as compressed_bytes
    from tag t join repository r on r.id = t.repository_id and r.ended_at is null join source s on s.id = r.source_id
    join manifest m on m.id = t.manifest_id left join image i on i.manifest_id = t.manifest_id
    where t.ended_at is null
    group by r.source_id, s.name, r.registry, r.name, r.team, t.repository_id, t.manifest_id, m.digest, m.kind, m.subject),
  listing as (
    select l.repository_id, l.manifest_id, x.child_id from listed l join leads_to x on x.index_id = l.manifest_id where x.child_id is not null),
  described as (
    select a.repository_id, a.manifest_id, l.manifest_id as subject_id
    from listed a join listed l on l.repository_id = a.repository_id and l.digest = a.subject)`;

/**
 * The first rule that selects an image by its tags decides about it, whether that rule marks it or not. A rule's count
 * includes every image that the rule selects, also those that an earlier rule decides about. No rule applies to a
 * manifest that describes another image.
 */
function markedSql(rules: readonly LifecycleRule[], { where, parameters }: QueryScope): string {
  const selections = rules.map((rule, index) => `${selectionSql(rule, parameters)} as by_${index}`);
  const marks = rules.map((rule, index) => `when by_${index} then ${markSql(rule, index)}`);
  const priorities = rules.map(({ rulePriority }, index) => `when by_${index} then ${rulePriority}`);
  const archiving = rules.filter(({ action }) => action.type === 'transition').map(({ rulePriority }) => rulePriority);
  return `
    selected as (
      select s.*, ${selections.join(', ')} from listed s
      where ${where} and not exists (select 1 from described d where d.repository_id = s.repository_id and d.manifest_id = s.manifest_id)),
    assessed as (select s.*, case ${priorities.join(' ')} end as rule, case ${marks.join(' ')} else false end as marked from selected s),
    marked as (
      select j.*, case when j.rule = any(array[${archiving.join(', ')}]::int4[]) then 'archives' else 'expires' end as act
      from assessed j where j.marked)`;
}

/** Each pattern of a rule must match some tag of the image; different tags may match different patterns. */
function selectionSql({ selection }: LifecycleRule, parameters: SqlParameters): string {
  const { tagStatus, tagPatternList, tagPrefixList, storageClass } = selection;
  const conditions = [storageClass === 'archive' ? 's.archived' : 'not s.archived'];
  if (tagStatus === 'untagged') conditions.push("s.tags = ''");
  const patterns = tagPatternList ?? tagPrefixList?.map((prefix) => `${prefix}*`) ?? [];
  for (const pattern of patterns) {
    const like = parameters.add(pattern.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%'));
    conditions.push(`exists (select 1 from unnest(s.names) n (name) where n.name like ${like}::text)`);
  }
  return `(${conditions.join(' and ')})`;
}

/** The condition by which a rule marks one of the images that it selects. */
function markSql({ selection }: LifecycleRule, index: number): string {
  const { countType, countNumber } = selection;
  switch (countType) {
    case 'imageCountMoreThan':
      return `row_number() over (partition by s.repository_id, by_${index} order by s.pushed_at desc, s.digest) > ${countNumber}`;
    case 'sinceImagePushed':
      return `s.pushed_at < ${ago(countNumber)}`;
    case 'sinceImagePulled':
      return `coalesce(s.pulled_at, s.pushed_at) < ${ago(countNumber)}`;
    case 'sinceImageTransitioned':
      // When an image was archived is not stored.
      return 'false';
  }
}

/** Earlier than any image. Policies write "never" as a large number, which would leave the range of timestamps. */
const MAX_DAYS = 36_500;

function ago(days: number): string {
  return `now() - make_interval(days => ${Math.min(days, MAX_DAYS)})`;
}

/**
 * `outcomes`: what becomes of each marked manifest, and of the manifests that describe one that expires. A child goes
 * only after all indexes of its repository that lead to it have gone, which they do if all of them are marked. In a
 * repository with an index that was not read, any untagged manifest but an index may be a child of that index: `unknown`.
 */
const OUTCOMES = `
  settled as (
    select k.*, case
        when p.going < p.parents then 'stays'
        when k.tags = '' and k.kind <> 'index' and k.repository_id in (select repository_id from partly_read_repository) then 'unknown'
        when p.parents = 0 then k.act else k.act || '-later' end as outcome
    from marked k cross join lateral (
      select count(*) as parents, count(g.manifest_id) as going
      from listing x
      left join marked g on g.repository_id = x.repository_id and g.manifest_id = x.manifest_id
      where x.repository_id = k.repository_id and x.child_id = k.manifest_id) p),
  outcomes as (
    select ${outcomeColumns('k')}, k.rule, k.outcome from settled k
    union all
    select ${outcomeColumns('l')}, k.rule, 'expires-later' from described d
    join settled k on k.repository_id = d.repository_id and k.manifest_id = d.subject_id and k.outcome like 'expires%'
    join listed l on l.repository_id = d.repository_id and l.manifest_id = d.manifest_id)`;

function outcomeColumns(relation: string): string {
  const names =
    'source_id source registry repository repository_id team tags manifest_id digest pushed_at pulled_at compressed_bytes';
  return names.replace(/\w+/g, `${relation}.$&`).replaceAll(' ', ', ');
}
