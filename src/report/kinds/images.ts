import { byBytes } from '../../store/sql/by-bytes.ts';
import { partSql, rowSql, runsOf, sharedSql } from '../packed-rows.ts';
import { auditConditions, type QueryScope } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { ALL_IMAGE_FILTERS, PLACE_COLUMNS, type ReportKind, selectColumns } from './kind.ts';

const columns = defineColumns({
  ...PLACE_COLUMNS,
  tag: ['text', 'The tag; empty for a manifest without one.', 'gist'],
  digest: ['digest', "The digest of this platform's manifest.", 'detail'],
  index_digest: ['digest', 'The digest of the image index that the tag names, if it names one.', 'detail'],
  media_type: ['text', 'The media type of the manifest.', 'detail'],
  kind: [
    'text',
    '`image`, `index`, `artifact`, `attestation`, `signature` or `unknown`; only images have sizes that rank.',
    'detail',
  ],
  platform: ['text', 'Operating system, architecture and variant: `linux/amd64`.'],
  team: ['text', 'The team that owns the repository, or `unowned`.'],
  pushed_at: ['timestamp', 'When it was pushed, if the registry reports it.', 'detail'],
  created_at: ['timestamp', 'When it was built, according to its config.', 'detail'],
  compressed_bytes: ['bytes', 'Pull size: the sum of its layers as they are transferred, in bytes.', 'gist'],
  uncompressed_bytes: ['bytes', 'Size of the unpacked layers, in bytes; known after `audit --deep`.', 'detail'],
  layer_count: ['integer', 'Number of layers in the manifest.'],
  shared_bytes: ['bytes', 'Bytes in layers that another repository of the source also has.', 'detail'],
  exclusive_bytes: ['bytes', 'Bytes in layers that only this repository has.'],
  base_image: [
    'list',
    'What the final stage is built on; several names, separated by `;`, if they have exactly the same layers.',
  ],
  base_digest: ['digest', "The digest of the base image's manifest.", 'detail'],
  base_confidence: [
    'text',
    '`proven` by layers, `declared` by annotation or provenance, `inferred` from history or labels; empty: unknown.',
  ],
  base_evidence: ['text', 'How the base is known, or why it is not.', 'detail'],
  base_bytes: ['bytes', "Pull size of the base's layers, in bytes.", 'detail'],
  app_bytes: ['bytes', 'Pull size of the layers above the base, in bytes.', 'detail'],
  distro: ['text', 'The distribution, as `os-release` names it.'],
  distro_version: ['text', 'The version of the distribution.'],
  distro_eol: ['date', "The day on which the distribution's support ends.", 'detail'],
  runtime: ['text', 'The language runtime in the image.'],
  runtime_version: ['text', 'The version of the runtime.', 'detail'],
  variant: ['text', '`full`, `slim`, `alpine`, `distroless`, `scratch`, …', 'detail'],
  multi_stage: ['text', 'Whether it comes from a multi-stage build: `yes`, `no`, `unknown`.', 'detail'],
  multi_stage_evidence: ['text', 'The evidence for `multi_stage`.', 'detail'],
  user: ['text', 'The user that it runs as; empty: the default, root.', 'detail'],
  runs_as_root: ['boolean', 'Whether it runs as root.', 'detail'],
  findings: ['list', 'The rules that it trips, separated by `;`.', 'detail'],
  wasted_bytes: [
    'bytes',
    "Uncompressed bytes of files that are hidden by the image's own layers; known after `audit --deep`.",
    'detail',
  ],
  savings_min_bytes: ['bytes', 'The least that the advised techniques save, in bytes.', 'detail'],
  savings_max_bytes: ['bytes', 'The most that the advised techniques save, in bytes.', 'gist'],
  slim_score: ['number', '0 to 100: the share of its bytes that it needs.'],
  first_seen_at: ['timestamp', 'When the tag was first seen to name this image.', 'detail'],
  last_seen_at: ['timestamp', 'When an audit last listed its repository while the tag named it.', 'detail'],
  audited_at: [
    'timestamp',
    'When an audit last listed its repository; what could not be read is in `report errors`.',
    'detail',
  ],
});

/**
 * Reads repository by repository, in the order of their names, so that a million rows need no sort; an index finds each
 * repository's tags. The content of a manifest is looked up once per repository, however many of its tags name it.
 * @param content the `select` list for a manifest's content `m` in the repository `o`
 * @param rows the query for one repository's rows, from its `standing` tags and their `content`
 */
function byRepository({ audit, parameters }: QueryScope, content: string, rows: string): string {
  const { isOpen, isAudited, asOf } = auditConditions(audit, parameters);
  const audited = asOf('greatest(o.last_seen_at, t.started_at)');
  return `(
      select r.id, r.source_id, s.name as source, r.registry, r.name as repository, r.team, r.last_seen_at
      from repository r join source s on s.id = r.source_id where ${isAudited('r')} order by ${byBytes('s.name', 'r.registry', 'r.name')}) o
    cross join lateral (
      with standing as materialized (
        select coalesce(t.name, '') as tag, t.manifest_id, t.pushed_at, t.started_at as first_seen_at,
          ${asOf('coalesce(t.ended_at, greatest(o.last_seen_at, t.started_at))')} as last_seen_at, ${audited} as audited_at
        from standing_tag t where t.repository_id = o.id and ${isOpen('t.started_at', 't.ended_at')}),
      content as materialized (
        select ${content} from (select distinct manifest_id as id from standing) d
        join manifest_content m on m.root_id = d.id and m.source_id = o.source_id)
      ${rows}) i`;
}

function query(scope: QueryScope): string {
  const rows = `
      select o.source, o.registry, o.repository, o.team, t.tag, t.pushed_at, t.first_seen_at, t.last_seen_at, t.audited_at, m.*
      from standing t join content m on m.root_id = t.manifest_id order by ${byBytes('t.tag', 'm.platform')}, m.digest, m.index_digest`;
  return `select ${selectColumns(columns, 'i')} from ${byRepository(scope, 'm.*', rows)} where ${scope.where}`;
}

/** The columns that differ between the tags of a repository that name the same image. */
const TAG_COLUMNS: ReadonlySet<string> = new Set(['tag', 'pushed_at', 'first_seen_at', 'last_seen_at', 'audited_at']);
const RUNS = runsOf(columns, ({ name }) => !TAG_COLUMNS.has(name));
/** In a repository with more images, every row carries all its cells: the reader would hold too many parts. */
const MOST_SHARED = 2_000;

/** The rows of `query`, packed: an image's cells are sent once per repository, before the tags that name it. */
function packedQuery(scope: QueryScope): string {
  // The key names the index too: a tag may name an image itself or one of several indexes that list it.
  const content = `m.root_id, m.platform, m.digest, m.index_digest, concat_ws('-', o.id, m.root_id, m.manifest_id) as key, ${sharedSql(RUNS)} as shared`;
  const rows = `
      (select ${partSql('key', 'shared')} as line from content where (select count(*) from content) <= ${MOST_SHARED})
      union all
      (select ${rowSql(RUNS, 'key', `case when (select count(*) from content) > ${MOST_SHARED} then shared end`)}
       from standing t join content m on m.root_id = t.manifest_id order by ${byBytes('t.tag', 'm.platform')}, m.digest, m.index_digest)`;
  return `select i.line from ${byRepository(scope, content, rows)}`;
}

/** First finds the tags of the page, by the few columns that select and sort them, then reads all columns of those. */
function page({ where, audit, parameters }: QueryScope, order: string, part: string): string {
  const { isOpen, isAudited, asOf } = auditConditions(audit, parameters);
  const seen = ['last_seen_at', 'audited_at'];
  const cells = columns.map(({ name }) => (seen.includes(name) ? `${asOf(`i.${name}`)} as ${name}` : `i."${name}"`));
  return `select ${cells.join(', ')}
    from (
      select distinct tag_id, manifest_id
      from (
        select tag_id, manifest_id from slimboard_image_history i
        where ${isOpen('i.first_seen_at', 'i.ended_at')} and ${isAudited('i')} and ${where} order by ${order}${part}) p) k
    join slimboard_image_history i on i.tag_id = k.tag_id and i.manifest_id = k.manifest_id
    order by ${order}`;
}

export const images: ReportKind = {
  name: 'images',
  description:
    'One row per tag and platform: what it is, how large, what it is built on, and what would make it smaller.',
  columns,
  filters: ALL_IMAGE_FILTERS,
  rowRelation: 'i',
  query,
  key: ['source', 'registry', 'repository', 'tag', 'platform', 'digest', 'index_digest'],
  page,
  packed: { runs: RUNS, query: packedQuery },
};

const { packed: _, ...unpacked } = images;

/** Images without artifacts, signatures and the like, whose sizes do not rank. */
export const imagesThatRank: ReportKind = {
  ...unpacked,
  query: (scope) => query(ranking(scope)),
  page: (scope, ...rest) => page(ranking(scope), ...rest),
};

function ranking(scope: QueryScope): QueryScope {
  return { ...scope, where: `(${scope.where}) and i.kind = 'image'` };
}
