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
