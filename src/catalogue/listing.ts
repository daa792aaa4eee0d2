import type { Database } from '../database/database.ts';
import { filterCondition } from '../report/filters.ts';
import { selectColumns } from '../report/kinds/kind.ts';
import { packRows } from '../report/packed-rows.ts';
import { SqlParameters } from '../report/query-scope.ts';
import { defineColumns, type Report } from '../report/report.ts';
import { byBytes } from '../store/sql/by-bytes.ts';

const COLUMNS = defineColumns({
  registry: ['text', 'The host that it was learned from.', 'detail'],
  base_image: ['text', 'Repository and tag, as reports name it.'],
  platform: ['text', 'Operating system and architecture.'],
  digest: ['digest', 'The digest of its manifest.', 'detail'],
  index_digest: ['digest', 'The digest of the image index that the tag named.', 'detail'],
  chain_id: ['digest', 'The chain ID, which identifies all its layers together.', 'detail'],
  layer_count: ['integer', 'How many layers it has.'],
  pull_bytes: ['bytes', 'Its pull size.'],
  runtime: ['text', 'The language runtime that it contains; empty when unknown.'],
  runtime_version: ['text', 'The version of the runtime.'],
  variant: ['text', 'Full, slim, alpine and so on.'],
  distro: ['text', 'The distribution.'],
  distro_version: ['text', 'The release of the distribution.'],
  created_at: ['timestamp', 'When it was built, according to the image itself.', 'detail'],
  learned_at: ['timestamp', 'When the tag was first seen to name it.'],
  newest: ['boolean', 'Whether the tag still named it when it was last read.'],
});

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
  const kind = { name: 'bases', filters: { base: 'b.base_image' } };
  const filters = pattern === undefined ? {} : { base: pattern };
  const where = filterCondition(kind, { filters, now: new Date(0) }, parameters);
  const sql = `
    select ${selectColumns(COLUMNS, 'b')} from (select *, repository || ':' || tag as base_image from base_image) b
    where ${where} ${all ? '' : 'and b.newest'}
    order by ${byBytes('b.repository', 'b.tag', 'b.registry', 'b.platform')}, b.newest desc, b.learned_at desc, b.digest`;
  return {
    kind: 'catalogue',
    columns: COLUMNS,
    audit: null,
    rows: packRows(db, COLUMNS, sql, parameters.values),
  };
}
