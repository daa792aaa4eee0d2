/** Formats words in an instruction's exec form. JSON escapes line breaks, so no word can start another instruction. */
export function jsonWords(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
