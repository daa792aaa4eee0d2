import { byBytes } from '../../store/sql/by-bytes.ts';
import { distinctRows } from '../../store/sql/distinct-rows.ts';
import { imagesRelation, type QueryScope } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { ALL_IMAGE_FILTERS, firstColumn, type ReportKind } from './kind.ts';

const columns = defineColumns({
  digest: ['digest', 'The digest of the layer as it is transferred.'],
  bytes: ['bytes', 'Its size as it is transferred, in bytes.'],
  media_type: ['text', 'Its media type.', 'detail'],
  class: [
    'text',
    'What made it: `base`, `os-packages`, `dependencies`, `build-tools`, `application`, `configuration`.',
  ],
  instruction: [
    'text',
    'The instruction that made it, in the image with the fewest layers of those where it is not in the base; secrets are replaced.',
  ],
  images: ['integer', 'Number of images that have it.'],
  tags: ['integer', 'Number of tags that name one of those images.'],
  repositories: ['integer', 'Number of repositories with images that have it.'],
  teams: ['integer', 'Number of teams with images that have it.'],
  logical_bytes: ['bytes', 'Its size times the number of images: the bytes that it would take if nothing were shared.'],
  example_repository: ['text', 'The first repository, by name, that has it.'],
});

/** The columns that a layer has by itself, whoever holds it. */
const OWN_COLUMNS: ReadonlySet<string> = new Set(['digest', 'bytes', 'media_type', 'class', 'instruction']);
const LAYERS = '(select id, digest, size as bytes, media_type, layer_class as class, instruction from blob)';
const HELD = 'shown s join manifest_layer l on l.manifest_id = s.manifest_id';

/**
 * The layers of the images of the scope, with counts of those who hold them.
 * @param first an order and a limit in the layers' own columns: counts only for the layers that come first
 */
function layersSql({ where, rowWhere, ...scope }: QueryScope, first?: string): string {
  const chosen = `,
    first as materialized (
      select b.*, count(*) over () as total from ${LAYERS} b
      where b.id in (select blob_id from manifest_layer where manifest_id in (${distinctRows('manifest_id', 'shown')})) and ${rowWhere} ${first})`;
  return `
    with shown as materialized (
      select i.tag_id, i.manifest_id, i.repository_id, i.tag <> '' as is_tagged from ${imagesRelation(scope)} i
      where ${where})${first ? chosen : ''}
    select b.digest, b.bytes, b.media_type, b.class, b.instruction, h.images, h.tags, h.repositories, h.teams,
      b.bytes * h.images as logical_bytes, h.example_repository, ${first ? 'b.total' : 'count(*) over () as total'}
    from (
      select l.blob_id, count(distinct s.manifest_id) as images, count(distinct s.tag_id) filter (where s.is_tagged) as tags,
        count(distinct s.repository_id) as repositories, count(distinct r.team) as teams, min(${byBytes('r.name')}) as example_repository
      from ${HELD} join repository r on r.id = s.repository_id
      ${first ? 'where l.blob_id in (select id from first)' : ''}
      group by l.blob_id) h
    join ${first ? 'first' : LAYERS} b on b.id = h.blob_id where ${rowWhere}`;
}

function page(scope: QueryScope, order: string, part: string): string {
  return OWN_COLUMNS.has(firstColumn(order))
    ? `${layersSql(scope, `order by ${order}${part}`)} order by ${order}`
    : `select * from (${layersSql(scope)}) o order by ${order}${part}`;
}

export const layers: ReportKind = {
  name: 'layers',
  description: 'One row per distinct layer, largest first: what made it and who shares it.',
  columns,
  filters: { ...ALL_IMAGE_FILTERS, minSize: 'b.bytes' },
  rowFilters: ['minSize'],
  query: (scope) => layersSql(scope),
  order: 'bytes desc, digest',
  key: ['digest'],
  page,
  givesTotal: true,
};
