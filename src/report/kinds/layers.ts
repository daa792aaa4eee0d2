import { IS_IMAGE } from '../../store/is-image.ts';
import type { Column } from '../report.ts';
import { firstColumn, IMAGE_FILTERS, imagesRelation, type QueryScope, type ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'digest', type: 'digest', description: 'The digest of the layer as it is transferred.' },
  { name: 'bytes', type: 'bytes', description: 'Its size as it is transferred, in bytes.' },
  { name: 'media_type', type: 'text', description: 'Its media type.', detail: true },
  {
    name: 'class',
    type: 'text',
    description: 'What made it: `base`, `os-packages`, `dependencies`, `build-tools`, `application`, `configuration`.',
  },
  {
    name: 'instruction',
    type: 'text',
    description:
      'The instruction that made it, in the image with the fewest layers of those where it is not in the base; secrets are replaced.',
  },
  { name: 'images', type: 'integer', description: 'Number of images that have it.' },
  { name: 'tags', type: 'integer', description: 'Number of tags that name one of those images.' },
  { name: 'repositories', type: 'integer', description: 'Number of repositories with images that have it.' },
  { name: 'teams', type: 'integer', description: 'Number of teams with images that have it.' },
  {
    name: 'logical_bytes',
    type: 'bytes',
    description: 'Its size times the number of images: the bytes that it would take if nothing were shared.',
  },
  { name: 'example_repository', type: 'text', description: 'The first repository, by name, that has it.' },
];

/** The columns that a layer has by itself, whoever holds it. */
const OWN_COLUMNS: ReadonlySet<string> = new Set(['digest', 'bytes', 'media_type', 'class', 'instruction']);

/**
 * Counts who holds each layer.
 * @param first an `order by` list and a limit, in the layers' own columns: counts only for the layers that come first
 */
function layersSql({ where, rowWhere, ...scope }: QueryScope, first = ''): string {
  return `
    with shown as materialized (
      select i.tag_id, i.manifest_id, i.repository_id, i.tag <> '' as is_tagged from ${imagesRelation(scope)} i
      where ${IS_IMAGE} and ${where}),
    layer as materialized (
      select b.id, b.digest, b.size as bytes, b.media_type, b.layer_class as class, b.instruction, count(*) over () as total
      from blob b
      where b.id in (select l.blob_id from shown s join manifest_layer l on l.manifest_id = s.manifest_id) and ${rowWhere}
      ${first}),
    holders as (
      select l.blob_id, count(distinct s.manifest_id) as images, count(distinct s.tag_id) filter (where s.is_tagged) as tags,
        count(distinct s.repository_id) as repositories, count(distinct r.team) as teams, min(r.name) as example_repository
      from layer y join manifest_layer l on l.blob_id = y.id join shown s on s.manifest_id = l.manifest_id
      join repository r on r.id = s.repository_id
      group by l.blob_id)
    select y.*, h.images, h.tags, h.repositories, h.teams, y.bytes * h.images as logical_bytes, h.example_repository
    from layer y join holders h on h.blob_id = y.id`;
}

export const layers: ReportKind = {
  name: 'layers',
  description: 'One row per distinct layer, largest first: what made it and who shares it.',
  columns,
  filters: { ...IMAGE_FILTERS, minSize: 'b.size' },
  rowFilters: ['minSize'],
  query: (scope) => layersSql(scope),
  order: 'bytes desc, digest',
  key: ['digest'],
  page: (scope, order, part) => {
    const isOwn = OWN_COLUMNS.has(firstColumn(order));
    return `select * from (${layersSql(scope, isOwn ? `order by ${order}${part}` : '')}) o order by ${order}${isOwn ? '' : part}`;
  },
  givesTotal: true,
};
