/** Distinct texts that a remembered function keeps, twice: about 20 MB at the length of usual history lines. */
const GENERATION_SIZE = 4_096;

/** What is kept for "no answer", so that one look tells it from "never asked". */
const NOTHING = Symbol('nothing');

/**
 * Makes a pure function of a text remember its answers. The images of a registry share most of their history lines and
 * dates with their bases, and reading a line costs a hundred times what finding it again does. Forgets the oldest half
 * when full.
 */
export function remember<Answer>(answer: (text: string) => Answer): (text: string) => Answer {
  let young = new Map<string, Answer | typeof NOTHING>();
  let old = new Map<string, Answer | typeof NOTHING>();
  const read = (text: string): Answer | typeof NOTHING => {
    const found = old.get(text) ?? answer(text) ?? NOTHING;
    if (young.size >= GENERATION_SIZE) {
      old = young;
      young = new Map();
    }
    young.set(text, found);
    return found;
  };
  return (text) => {
    const known = young.get(text) ?? read(text);
    // Only answers that are undefined are kept as NOTHING.
    return (known === NOTHING ? undefined : known) as Answer;
  };
}

/** Makes a pure function of an object remember its answers, which are not undefined, for as long as the objects live. */
export function rememberOf<Subject extends object, Answer>(answer: (subject: Subject) => Answer) {
  const answers = new WeakMap<Subject, Answer>();
  return (subject: Subject): Answer => {
    const known = answers.get(subject);
    if (known !== undefined) return known;
    const found = answer(subject);
    answers.set(subject, found);
    return found;
  };
}
