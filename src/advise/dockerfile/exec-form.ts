/** Words as an instruction has them in its exec form: JSON has no raw line breaks, so nothing in it starts another one. */
export function jsonWords(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
