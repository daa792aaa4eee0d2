import { partSql, rowSql, runsOf, sharedSql } from '../packed-rows.ts';
import type { Column } from '../report.ts';
import { asOf, IMAGE_FILTERS, imagesAsOf, type QueryScope, type ReportKind, selectColumns } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source of the settings that it was found in.', detail: true },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'tag', type: 'text', description: 'The tag; empty for a manifest without one.', gist: true },
  { name: 'digest', type: 'digest', description: "The digest of this platform's manifest.", detail: true },
  {
    name: 'index_digest',
    type: 'digest',
    description: 'The digest of the image index that the tag names, if it names one.',
    detail: true,
  },
  { name: 'media_type', type: 'text', description: 'The media type of the manifest.', detail: true },
  {
    name: 'kind',
    type: 'text',
    description:
      '`image`, `index`, `artifact`, `attestation`, `signature` or `unknown`; only images have sizes that rank.',
    detail: true,
  },
  { name: 'platform', type: 'text', description: 'Operating system, architecture and variant: `linux/amd64`.' },
  { name: 'team', type: 'text', description: 'The owner of the repository, or `unowned`.' },
  { name: 'pushed_at', type: 'timestamp', description: 'When it was pushed, where the registry tells.', detail: true },
  { name: 'created_at', type: 'timestamp', description: 'When it was built, as its config says.', detail: true },
  {
    name: 'compressed_bytes',
    type: 'bytes',
    description: "The pull size: the sum of the image's layers as they are transferred, bytes.",
    gist: true,
  },
  {
    name: 'uncompressed_bytes',
    type: 'bytes',
    description: 'The size of the layers unpacked; known after `audit --deep`, bytes.',
    detail: true,
  },
  { name: 'layer_count', type: 'integer', description: 'How many layers the manifest lists.' },
  {
    name: 'shared_bytes',
    type: 'bytes',
    description: 'Bytes in layers that another repository of the source holds too.',
    detail: true,
  },
  { name: 'exclusive_bytes', type: 'bytes', description: 'Bytes in layers that only this repository holds.' },
  {
    name: 'base_image',
    type: 'list',
    description: 'What the final stage stands on; several names, `;`-separated, when they share the very same layers.',
  },
  { name: 'base_digest', type: 'digest', description: "The digest of the base image's manifest.", detail: true },
  {
    name: 'base_confidence',
    type: 'text',
    description:
      '`proven` by layers, `declared` by annotation or provenance, `inferred` from history or labels; empty: unknown.',
  },
  {
    name: 'base_evidence',
    type: 'text',
    description: 'What the base is known by, or why it is not known.',
    detail: true,
  },
  { name: 'base_bytes', type: 'bytes', description: "The pull size of the base's layers, bytes.", detail: true },
  { name: 'app_bytes', type: 'bytes', description: 'The pull size of the layers above the base, bytes.', detail: true },
  { name: 'distro', type: 'text', description: 'The distribution, as os-release names it.' },
  { name: 'distro_version', type: 'text', description: 'Its version.' },
  { name: 'distro_eol', type: 'date', description: 'The day its support ends.', detail: true },
  { name: 'runtime', type: 'text', description: 'The language runtime in the image.' },
  { name: 'runtime_version', type: 'text', description: 'Its version.', detail: true },
  { name: 'variant', type: 'text', description: '`full`, `slim`, `alpine`, `distroless`, `scratch`, …', detail: true },
  {
    name: 'multi_stage',
    type: 'text',
    description: 'Whether a multi-stage build made it: `yes`, `no`, `unknown`.',
    detail: true,
  },
  { name: 'multi_stage_evidence', type: 'text', description: 'What that rests on.', detail: true },
  { name: 'user', type: 'text', description: 'The user it runs as; empty means the default, root.', detail: true },
  { name: 'runs_as_root', type: 'boolean', description: 'Whether that user is root.', detail: true },
  { name: 'findings', type: 'list', description: 'The rules that it trips, `;`-separated.', detail: true },
  {
    name: 'wasted_bytes',
    type: 'bytes',
    description: "Bytes of files that the image's own layers hide; known after `audit --deep`, not compressed.",
    detail: true,
  },
  {
    name: 'savings_min_bytes',
    type: 'bytes',
    description: 'What the advised techniques save at least, bytes.',
    detail: true,
  },
  { name: 'savings_max_bytes', type: 'bytes', description: 'What the advised techniques save at most, bytes.' },
  { name: 'slim_score', type: 'number', description: '0 to 100: how little of it is avoidable.' },
  { name: 'first_seen_at', type: 'timestamp', description: 'When the tag was first seen to name this.', detail: true },
  { name: 'last_seen_at', type: 'timestamp', description: 'When it was last seen to do so.', detail: true },
  { name: 'audited_at', type: 'timestamp', description: 'When its repository was last audited.', detail: true },
];

/**
 * Goes repository by repository in order of their names, so that a million rows need no sort: each repository's tags come
 * by its index. What a manifest leads to is looked up once a repository, however many of its tags name it.
 * @param content what is selected of the repository `o` and of what a manifest leads to, `m`
 * @param rows the rows of a repository, from its `standing` tags and their `content`
 */
function byRepository({ audit, parameters }: QueryScope, content: string, rows: string): string {
  const { open, listed } = asOf(audit, parameters);
  return `(
      select r.id, r.source_id, s.name as source, r.registry, r.name as repository, r.team, r.last_seen_at
      from repository r join source s on s.id = r.source_id where ${listed('r')} order by s.name, r.registry, r.name) o
    cross join lateral (
      with standing as materialized (
        select coalesce(t.name, '') as tag, t.manifest_id, t.pushed_at, t.started_at as first_seen_at,
          coalesce(t.ended_at, greatest(o.last_seen_at, t.started_at)) as last_seen_at, greatest(o.last_seen_at, t.started_at) as audited_at
        from standing_tag t where t.repository_id = o.id and ${open('t.started_at', 't.ended_at')}),
      content as materialized (
        select ${content} from (select distinct manifest_id as id from standing) d
        join manifest_content m on m.root_id = d.id and m.source_id = o.source_id)
      ${rows}) i`;
}

function query(scope: QueryScope): string {
  const rows = `
      select o.source, o.registry, o.repository, o.team, t.tag, t.pushed_at, t.first_seen_at, t.last_seen_at, t.audited_at, m.*
      from standing t join content m on m.root_id = t.manifest_id order by t.tag, m.platform, m.digest`;
  return `select ${selectColumns(columns, 'i')} from ${byRepository(scope, 'm.*', rows)} where ${scope.where}`;
}

/** What differs between the tags of a repository that name the same image. */
const OF_TAG: ReadonlySet<string> = new Set(['tag', 'pushed_at', 'first_seen_at', 'last_seen_at', 'audited_at']);
const RUNS = runsOf(columns, ({ name }) => !OF_TAG.has(name));
/** Of more images in a repository than the reader should keep, each row brings its own cells along. */
const MOST_SHARED = 2_000;

/** The same rows, but every image's cells come once a repository, before its tags. */
function packedQuery(scope: QueryScope): string {
  // An image may come by itself and by several indexes.
  const content = `m.root_id, m.platform, m.digest, concat_ws('-', o.id, m.root_id, m.manifest_id) as key, ${sharedSql(RUNS)} as shared`;
  const rows = `
      (select ${partSql('key', 'shared')} as line from content where (select count(*) from content) <= ${MOST_SHARED})
      union all
      (select ${rowSql(RUNS, 'key', `case when (select count(*) from content) > ${MOST_SHARED} then shared end`)}
       from standing t join content m on m.root_id = t.manifest_id order by t.tag, m.platform, m.digest)`;
  return `select i.line from ${byRepository(scope, content, rows)}`;
}

/** Finds the tags of the page first, by few columns, and reads the others of those only. */
function page(scope: QueryScope, order: string, part: string): string {
  return `select ${selectColumns(columns, 'i')}
    from (
      select distinct tag_id, manifest_id
      from (select tag_id, manifest_id from ${imagesAsOf(scope)} i where ${scope.where} order by ${order}${part}) p) k
    join slimboard_image_history i on i.tag_id = k.tag_id and i.manifest_id = k.manifest_id
    order by ${order}`;
}

export const images: ReportKind = {
  name: 'images',
  description: 'One row a tag and platform: what it is, how big, what it stands on, what would make it smaller.',
  columns,
  filters: {
    ...IMAGE_FILTERS,
    since: 'coalesce(i.pushed_at, i.first_seen_at)',
    minSize: 'i.compressed_bytes',
  },
  query,
  key: ['source', 'registry', 'repository', 'tag', 'platform', 'digest'],
  page,
  shared: { runs: RUNS, query: packedQuery },
};
