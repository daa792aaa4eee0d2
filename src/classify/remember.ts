/** Distinct texts that a remembered function keeps, twice: about 20 MB at the length of usual history lines. */
const GENERATION_SIZE = 4_096;

/**
 * Makes a pure function of a text remember its answers. The images of a registry share most of their history lines with
 * their bases, and reading a line costs a hundred times what finding it again does. Forgets the oldest half when full.
 */
export function remember<Answer>(answer: (text: string) => Answer): (text: string) => Answer {
  let young = new Map<string, Answer>();
  let old = new Map<string, Answer>();
  return (text) => {
    const known = young.get(text);
    if (known !== undefined || young.has(text)) return known as Answer;
    const found = old.has(text) ? (old.get(text) as Answer) : answer(text);
    if (young.size >= GENERATION_SIZE) {
      old = young;
      young = new Map();
    }
    young.set(text, found);
    return found;
  };
}
