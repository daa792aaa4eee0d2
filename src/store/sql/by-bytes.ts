/**
 * SQL: texts of an `order by` list, in the order of their bytes. The order that a database has by itself depends on the
 * locale that it was created with, and may ignore case or punctuation: reports of two databases would differ.
 */
export function byBytes(...texts: readonly string[]): string {
  return texts.map((text) => `${text} collate "C"`).join(', ');
}
