/**
 * SQL, an aggregate: the score of several images together, 0 to 100. Each weighs by its pull size; where all are empty, the same.
 * @param score of an image, or of a group of images; null: not judged
 * @param bytes by how many it weighs
 */
export function scoreSql(score: string, bytes: string): string {
  const weighed = `sum(${score} * ${bytes}) / nullif(sum(${bytes}) filter (where ${score} is not null), 0)`;
  return `round(coalesce(${weighed}, avg(${score})), 2)`;
}
