import type { Database } from '../database/database.ts';
import { filterCondition } from '../report/filters.ts';
import { SqlParameters, selectColumns } from '../report/kinds/kind.ts';
import { packRows } from '../report/packed-rows.ts';
import { type Column, REPORT_SCHEMA, type Report } from '../report/report.ts';
import { unpackRows } from '../report/row-reader.ts';

const COLUMNS: readonly Column[] = [
  { name: 'registry', type: 'text', description: 'The host that it was learned from.', detail: true },
  { name: 'base_image', type: 'text', description: 'Repository and tag, as reports name it.' },
  { name: 'platform', type: 'text', description: 'Operating system and architecture.' },
  { name: 'digest', type: 'digest', description: 'The digest of its manifest.', detail: true },
  {
    name: 'index_digest',
    type: 'digest',
    description: 'The digest of the image index that the tag named.',
    detail: true,
  },
  {
    name: 'chain_id',
    type: 'digest',
    description: 'The chain ID, which identifies all its layers together.',
    detail: true,
  },
  { name: 'layer_count', type: 'integer', description: 'How many layers it has.' },
  { name: 'pull_bytes', type: 'bytes', description: 'Its pull size.' },
  { name: 'runtime', type: 'text', description: 'The language runtime that it contains; empty when unknown.' },
  { name: 'runtime_version', type: 'text', description: 'The version of the runtime.' },
  { name: 'variant', type: 'text', description: 'Full, slim, alpine and so on.' },
  { name: 'distro', type: 'text', description: 'The distribution.' },
  { name: 'distro_version', type: 'text', description: 'The release of the distribution.' },
  {
    name: 'created_at',
    type: 'timestamp',
    description: 'When it was built, according to the image itself.',
    detail: true,
  },
  { name: 'learned_at', type: 'timestamp', description: 'When the tag was first seen to name it.' },
  { name: 'newest', type: 'boolean', description: 'Whether the tag still named it when it was last read.' },
];

/** Which images of the catalogue are listed. */
export interface ListingOptions {
  /** A glob that a whole name, or its last parts, must match. */
  readonly pattern?: string | undefined;
  /** Whether to include the images that tags named before. */
  readonly all: boolean;
}

/** Returns the catalogue as a report. @throws SettingsError when the pattern is invalid */
export function listBases(db: Database, { pattern, all }: ListingOptions): Report {
  const parameters = new SqlParameters();
  const filters = pattern === undefined ? {} : { base: pattern };
  const where = filterCondition('bases', filters, { base: 'b.base_image' }, new Date(0), parameters);
  const sql = `
    select ${selectColumns(COLUMNS, 'b')} from (select *, repository || ':' || tag as base_image from base_image) b
    where ${where} ${all ? '' : 'and b.newest'}
    order by b.repository, b.tag, b.registry, b.platform, b.newest desc, b.learned_at desc, b.digest`;
  return {
    schema: REPORT_SCHEMA,
    kind: 'catalogue',
    columns: COLUMNS,
    audit: null,
    rows: unpackRows(packRows(db, COLUMNS, sql, parameters.values)),
  };
}
