import type { Queryable } from '../../store/database.ts';

/** Images by pull size: from `fromBytes` to below `toBytes`, null: without end. */
export interface SizeBucket {
  readonly fromBytes: number;
  readonly toBytes: number | null;
  readonly images: number;
}

/** Sizes double or more than double from one to the next, as images do. */
const BOUNDARIES = [10e6, 25e6, 50e6, 100e6, 200e6, 500e6, 1e9, 2e9, 5e9] as const;

/** How many distinct images under open tags are of which size; every bucket is there, also those without images. */
export async function readSizeDistribution(db: Queryable): Promise<readonly SizeBucket[]> {
  const rows = await db.query<{ bucket: number; images: number }>(
    `select width_bucket(i.pull_bytes, $1::int8[]) as bucket, count(*) as images from image i
     where exists (
       select 1 from tag_content c join repository r on r.id = c.repository_id
       where c.manifest_id = i.manifest_id and c.tag is not null and r.ended_at is null)
     group by 1`,
    [[...BOUNDARIES]],
  );
  const images = new Map(rows.map((row) => [row.bucket, row.images]));
  return [0, ...BOUNDARIES].map((fromBytes, bucket) => ({
    fromBytes,
    toBytes: BOUNDARIES[bucket] ?? null,
    images: images.get(bucket) ?? 0,
  }));
}

/** How often a rule is broken. */
export interface RuleCount {
  readonly rule: string;
  readonly severity: string;
  readonly images: number;
  readonly teams: number;
  /** What mending all of it saves at most, images one by one. */
  readonly maxBytes: number | null;
}

/** The rules that images under open tags trip, errors first. */
export async function readRuleCounts(db: Queryable): Promise<readonly RuleCount[]> {
  return db.query<RuleCount>(
    `select f.rule, f.severity, count(distinct f.manifest_id) as images, count(distinct f.team) as teams,
       sum(f.max_bytes)::int8 as "maxBytes"
     from (
       select distinct on (i.manifest_id, f.ordinal) i.manifest_id, i.team, f.rule, f.severity, f.max_bytes
       from finding f join (
         select c.manifest_id, r.team from tag_content c join repository r on r.id = c.repository_id
         where c.tag is not null and r.ended_at is null) i on i.manifest_id = f.manifest_id
       order by i.manifest_id, f.ordinal, i.team) f
     group by f.rule, f.severity
     order by case f.severity when 'error' then 0 when 'warn' then 1 else 2 end, images desc, f.rule`,
  );
}
