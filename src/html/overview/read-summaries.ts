import { groupBy } from '../../common/group-by.ts';
import { sum } from '../../common/sum.ts';
import type { Queryable } from '../../database/database.ts';
import { bySeverity } from '../../policy/finding.ts';
import { byBytes } from '../../store/sql/by-bytes.ts';
import {
  type BigLayer,
  LIST_ROWS,
  type RuleCount,
  SIZE_BOUNDARIES,
  type SourceSummary,
} from '../../store/totals/summary-store.ts';

/** The number of images with a pull size of at least `fromBytes` and below `toBytes`; null: no upper limit. */
export interface SizeBucket {
  readonly fromBytes: number;
  readonly toBytes: number | null;
  readonly images: number;
}

/** How many tags have images with a certain base image, or of a certain distribution. */
export interface TagShare {
  readonly name: string;
  readonly tags: number;
  readonly logicalBytes: number;
  /** The day its support ends, `2026-06-30`, where one is known. */
  readonly endOfLife: string | null;
}

/** Reads and merges the summaries that each source's newest audit stored. */
export async function readSummaries(db: Queryable) {
  const rows = await db.query<{ lists: SourceSummary }>(
    `select s.lists from slimboard_source_audits a join source_summary s on s.audit_id = a.totals_of and s.source_id = a.source_id
     where a.newest order by a.source_id`,
  );
  const summaries = rows.map(({ lists }) => lists);
  return {
    /** Every bucket in order of size, including those without images. */
    sizes: SIZE_BOUNDARIES.map((fromBytes, index) => ({
      fromBytes,
      toBytes: SIZE_BOUNDARIES[index + 1] ?? null,
      images: sumOf(
        summaries.flatMap(({ sizes }) => sizes.filter((size) => size.fromBytes === fromBytes)),
        'images',
      ),
    })),
    rules: mergeRules(summaries.flatMap(({ rules }) => rules)),
    layers: mergeLayers(summaries.flatMap(({ layers }) => layers)),
    steps: summaries
      .flatMap(({ steps }) => steps)
      .sort((a, b) => b.gainBytes - a.gainBytes)
      .slice(0, LIST_ROWS),
  };
}

/** Reads how tags are distributed over base images, or over distributions; most tags first. */
export async function readTagShares(db: Queryable, of: 'base' | 'distro'): Promise<readonly TagShare[]> {
  const known = of === 'base' ? "nullif(t.base_image, '')" : "t.distro || coalesce(' ' || t.distro_version, '')";
  const name = `coalesce(${known}, 'not known')`;
  return db.query<TagShare>(
    `select ${name} as name, sum(t.tags)::int8 as tags, sum(t.logical_bytes)::int8 as "logicalBytes",
       max(t.distro_eol) as "endOfLife"
     from slimboard_source_audits a join base_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
     where a.newest group by 1 order by 2 desc, ${byBytes(name)}`,
  );
}

/** Adds up rules over sources; errors first, then by number of images. */
function mergeRules(rules: readonly RuleCount[]): readonly RuleCount[] {
  return [...groupBy(rules, ({ rule, severity }) => `${severity} ${rule}`).values()]
    .flatMap((same) => {
      const [first] = same;
      if (!first) return [];
      const known = same.some(({ maxBytes }) => maxBytes !== null);
      return [{ ...first, images: sumOf(same, 'images'), maxBytes: known ? sumOf(same, 'maxBytes') : null }];
    })
    .sort((a, b) => bySeverity(a, b) || b.images - a.images || (a.rule < b.rule ? -1 : 1));
}

/** Adds up layers that are in several sources; most bytes first. */
function mergeLayers(layers: readonly BigLayer[]): readonly BigLayer[] {
  return [...groupBy(layers, ({ digest }) => digest).values()]
    .flatMap((same) => {
      const [first] = same;
      return first ? [{ ...first, images: sumOf(same, 'images'), repositories: sumOf(same, 'repositories') }] : [];
    })
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, LIST_ROWS);
}

function sumOf<K extends string>(items: readonly Readonly<Record<K, number | null>>[], name: K): number {
  return sum(items.map((item) => item[name] ?? 0));
}
