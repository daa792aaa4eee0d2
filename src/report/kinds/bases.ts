import { ADDED_BASES, BASE_SUMS, baseSums } from '../../store/totals/base-sums.ts';
import type { Column } from '../report.ts';
import { IMAGE_FILTERS, imagesRelation, precomputedSumsSql, type ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  {
    name: 'base_image',
    type: 'list',
    description: 'The base image; several names, separated by `;`, for exactly the same layers; empty: unknown.',
  },
  {
    name: 'base_confidence',
    type: 'text',
    description: 'How the base is known: `proven`, `declared` or `inferred`; several are separated by `;`.',
  },
  { name: 'distro', type: 'text', description: 'The distribution, as `os-release` names it.' },
  { name: 'distro_version', type: 'text', description: 'The version of the distribution.' },
  { name: 'distro_eol', type: 'date', description: "The day on which the distribution's support ends." },
  { name: 'images', type: 'integer', description: 'Number of images that are built on it.', gist: true },
  { name: 'tags', type: 'integer', description: 'Number of tags that name images built on it.' },
  { name: 'repositories', type: 'integer', description: 'Number of repositories with images built on it.' },
  { name: 'teams', type: 'integer', description: 'Number of teams with images built on it.' },
  {
    name: 'base_bytes',
    type: 'bytes',
    description: "Pull size of the base's layers; the largest, if several versions have the same name.",
  },
  {
    name: 'base_logical_bytes',
    type: 'bytes',
    description: "The base's bytes, counted once per tag: what would be stored if the base were not shared.",
    detail: true,
  },
  {
    name: 'app_logical_bytes',
    type: 'bytes',
    description: 'Bytes that the images add above the base, counted once per tag.',
  },
  {
    name: 'logical_bytes',
    type: 'bytes',
    description: 'The pull sizes of all tags that name images built on it, in bytes.',
    gist: true,
  },
  { name: 'oldest_created_at', type: 'timestamp', description: 'When the oldest image on it was built.', detail: true },
  { name: 'newest_created_at', type: 'timestamp', description: 'When the newest image on it was built.' },
];

export const bases: ReportKind = {
  name: 'bases',
  description: 'One row per base image and distribution, most images first: what is built on it.',
  columns,
  filters: {
    ...IMAGE_FILTERS,
    minSize: 'i.base_bytes',
  },
  query: (scope) =>
    precomputedSumsSql(scope, {
      stored: { table: 'source_base' },
      columns: BASE_SUMS,
      added: ADDED_BASES,
      computed: baseSums(imagesRelation(scope), scope.where),
    }),
  order: 'images desc, base_image, distro, distro_version',
};
