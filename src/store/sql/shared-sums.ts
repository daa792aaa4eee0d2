/**
 * SQL, an aggregate: the combined score of several images, 0 to 100, weighted by pull size; unweighted if all sizes are
 * 0.
 * @param score SQL of the score of an image, or of a group of images; null: not assessed
 * @param bytes SQL of the weight
 */
export function scoreSql(score: string, bytes: string): string {
  const weighed = `sum(${score} * ${bytes}) / nullif(sum(${bytes}) filter (where ${score} is not null), 0)`;
  return `round(coalesce(${weighed}, avg(${score})), 2)`;
}

/**
 * SQL, aggregates over images, each once: how many there are, their sizes, and what their assessments add up to.
 * @param image the alias of the relation with their `pull_bytes`
 * @param assessed the alias of the one with their assessments
 */
export function imageSums(image: string, assessed: string): string {
  return `count(*)::int as images, percentile_disc(0.5) within group (order by ${image}.pull_bytes) as median_bytes,
      percentile_disc(0.9) within group (order by ${image}.pull_bytes) as p90_bytes,
      coalesce(sum(${assessed}.savings_min_bytes), 0) as savings_min_bytes, coalesce(sum(${assessed}.savings_max_bytes), 0) as savings_max_bytes,
      ${scoreSql(`${assessed}.slim_score`, `${image}.pull_bytes`)} as slim_score, sum(${assessed}.findings_error) as findings_error, sum(${assessed}.findings_warn) as findings_warn`;
}

/**
 * SQL: the share of the holder in the given place in the `size` that several hold. The remainder of the division goes to
 * the first holders, one byte each.
 */
export const FAIR_SHARE = 'size / holders + case when place <= size % holders then 1 else 0 end';
