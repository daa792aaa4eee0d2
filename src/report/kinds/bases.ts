import { byBytes } from '../../store/sql/by-bytes.ts';
import { ADDED_BASES, BASE_SUMS, baseSums } from '../../store/totals/base-sums.ts';
import { imagesRelation, precomputedSumsSql } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { ALL_IMAGE_FILTERS, type ReportKind } from './kind.ts';

const columns = defineColumns({
  base_image: ['list', 'The base image; several names, separated by `;`, for exactly the same layers; empty: unknown.'],
  base_confidence: ['text', 'How the base is known: `proven`, `declared` or `inferred`; several are separated by `;`.'],
  distro: ['text', 'The distribution, as `os-release` names it.'],
  distro_version: ['text', 'The version of the distribution.'],
  distro_eol: ['date', "The day on which the distribution's support ends."],
  images: ['integer', 'Number of tagged images that are built on it.', 'gist'],
  tags: ['integer', 'Number of tags that name images built on it.'],
  repositories: ['integer', 'Number of repositories with images built on it.'],
  teams: ['integer', 'Number of teams with images built on it.'],
  base_bytes: ['bytes', "Pull size of the base's layers; the largest, if several versions have the same name."],
  base_logical_bytes: [
    'bytes',
    "The base's bytes, counted once per tag: what would be stored if the base were not shared.",
    'detail',
  ],
  app_logical_bytes: ['bytes', 'Bytes that the images add above the base, counted once per tag.'],
  logical_bytes: ['bytes', 'The pull sizes of all tags that name images built on it, in bytes.', 'gist'],
  oldest_created_at: ['timestamp', 'When the oldest image on it was built.', 'detail'],
  newest_created_at: ['timestamp', 'When the newest image on it was built.'],
});

export const bases: ReportKind = {
  name: 'bases',
  description: 'One row per base image and distribution, most images first: what is built on it.',
  columns,
  filters: { ...ALL_IMAGE_FILTERS, minSize: 'i.base_bytes' },
  query: (scope) =>
    precomputedSumsSql(scope, {
      stored: { table: 'source_base' },
      columns: BASE_SUMS,
      added: ADDED_BASES,
      computed: baseSums(imagesRelation(scope), scope.where),
    }),
  order: `images desc, ${byBytes('base_image', 'distro', 'distro_version')}`,
};
