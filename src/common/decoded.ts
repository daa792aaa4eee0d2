/** Decodes percent-encoding; a text that is not validly encoded is returned as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
