import type { Column } from '../report.ts';
import { imagesAsOf, type ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  {
    name: 'base_image',
    type: 'list',
    description: 'The base image; several names, `;`-separated, for the very same layers; empty: not known.',
  },
  {
    name: 'base_confidence',
    type: 'text',
    description: 'How surely: `proven`, `declared`, `inferred`; several are joined by `;`.',
  },
  { name: 'distro', type: 'text', description: 'The distribution, as os-release names it.' },
  { name: 'distro_version', type: 'text', description: 'Its version.' },
  { name: 'distro_eol', type: 'date', description: 'The day its support ends.' },
  { name: 'images', type: 'integer', description: 'How many images stand on it.' },
  { name: 'tags', type: 'integer', description: 'How many tags lead to those.' },
  { name: 'repositories', type: 'integer', description: 'In how many repositories.' },
  { name: 'teams', type: 'integer', description: 'Of how many teams.' },
  {
    name: 'base_bytes',
    type: 'bytes',
    description: "The pull size of the base's layers; the largest where several versions stand under one name.",
  },
  {
    name: 'base_logical_bytes',
    type: 'bytes',
    description: 'Those bytes once a tag: what would be stored if the base were not shared.',
    detail: true,
  },
  { name: 'app_logical_bytes', type: 'bytes', description: 'What the images add above the base, once a tag, bytes.' },
  { name: 'logical_bytes', type: 'bytes', description: 'The pull sizes of all its tags, bytes.' },
  { name: 'oldest_created_at', type: 'timestamp', description: 'When the oldest image on it was built.', detail: true },
  { name: 'newest_created_at', type: 'timestamp', description: 'When the newest image on it was built.' },
];

export const bases: ReportKind = {
  name: 'bases',
  description: 'One row a base image and distribution, most images first: who stands on it.',
  columns,
  filters: {
    source: 'i.source',
    team: 'i.team',
    repository: 'i.repository',
    tag: 'i.tag',
    base: 'i.base_image',
    distro: 'i.distro',
    minSize: 'i.base_bytes',
  },
  query: (scope) => `
    select i.base_image, string_agg(distinct i.base_confidence, ';') as base_confidence, i.distro, i.distro_version, i.distro_eol,
      count(distinct i.manifest_id) as images, count(distinct i.tag_id) as tags, count(distinct i.repository_id) as repositories,
      count(distinct i.team) as teams, max(i.base_bytes) as base_bytes, sum(i.base_bytes) as base_logical_bytes,
      sum(i.app_bytes) as app_logical_bytes, sum(i.compressed_bytes) as logical_bytes,
      min(i.created_at) as oldest_created_at, max(i.created_at) as newest_created_at
    from ${imagesAsOf(scope)} i
    where i.kind = 'image' and i.tag <> '' and ${scope.where}
    group by i.base_image, i.distro, i.distro_version, i.distro_eol
    order by images desc, i.base_image, i.distro, i.distro_version`,
};
