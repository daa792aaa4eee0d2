import { baseSums } from '../../store/base-sums.ts';
import type { Column } from '../report.ts';
import { IMAGE_FILTERS, imagesRelation, precomputedSumsSql, type ReportKind } from './kind.ts';

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
  { name: 'images', type: 'integer', description: 'How many images stand on it.', gist: true },
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
  { name: 'logical_bytes', type: 'bytes', description: 'The pull sizes of all its tags, bytes.', gist: true },
  { name: 'oldest_created_at', type: 'timestamp', description: 'When the oldest image on it was built.', detail: true },
  { name: 'newest_created_at', type: 'timestamp', description: 'When the newest image on it was built.' },
];

export const bases: ReportKind = {
  name: 'bases',
  description: 'One row a base image and distribution, most images first: who stands on it.',
  columns,
  filters: {
    ...IMAGE_FILTERS,
    minSize: 'i.base_bytes',
  },
  query: (scope) => {
    const computed = baseSums(imagesRelation(scope), scope.where);
    return precomputedSumsSql(scope, 'base', columns.map(({ name }) => name).join(', '), computed);
  },
  order: 'images desc, base_image, distro, distro_version',
};
