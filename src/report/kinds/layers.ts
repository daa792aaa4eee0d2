import { IS_IMAGE } from '../../store/is-image.ts';
import type { Column } from '../report.ts';
import { IMAGE_FILTERS, imagesRelation, type ReportKind } from './kind.ts';

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

export const layers: ReportKind = {
  name: 'layers',
  description: 'One row per distinct layer, largest first: what made it and who shares it.',
  columns,
  filters: {
    ...IMAGE_FILTERS,
    // A subquery runs only when the filter is used; a join would read every layer of every tag in any case.
    minSize: '(select size from blob where id = l.blob_id)',
  },
  query: (scope) => `
    select b.digest, b.size as bytes, b.media_type, b.layer_class as class, b.instruction, l.images, l.tags, l.repositories, l.teams,
      b.size * l.images as logical_bytes, l.example_repository, count(*) over () as total
    from (
      select l.blob_id, count(distinct i.manifest_id) as images, count(distinct i.tag_id) filter (where i.tag <> '') as tags,
        count(distinct i.repository_id) as repositories, count(distinct i.team) as teams, min(i.repository) as example_repository
      from ${imagesRelation(scope)} i
      join manifest_layer l on l.manifest_id = i.manifest_id
      where ${IS_IMAGE} and ${scope.where}
      group by l.blob_id) l
    join blob b on b.id = l.blob_id`,
  order: 'bytes desc, digest',
  givesTotal: true,
};
