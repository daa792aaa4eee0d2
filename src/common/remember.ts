/** The number of texts per generation, of which a cache has two: about 20 MB at the usual length of history lines. */
const GENERATION_SIZE = 4_096;

/** Cached in place of undefined, so that one look-up tells a cached undefined from a miss. */
const NOTHING = Symbol('nothing');

/**
 * Caches the results of a pure function of a text. The images of a registry share most of their history lines and dates
 * with their bases, and parsing a line takes a hundred times as long as finding it here. Drops the older half when
 * full.
 */
export function remember<Result>(compute: (text: string) => Result): (text: string) => Result {
  let young = new Map<string, Result | typeof NOTHING>();
  let old = new Map<string, Result | typeof NOTHING>();
  const computeAndCache = (text: string): Result | typeof NOTHING => {
    const result = old.get(text) ?? compute(text) ?? NOTHING;
    if (young.size >= GENERATION_SIZE) {
      old = young;
      young = new Map();
    }
    young.set(text, result);
    return result;
  };
  return (text) => {
    const cached = young.get(text) ?? computeAndCache(text);
    // Only undefined results are cached as NOTHING.
    return (cached === NOTHING ? undefined : cached) as Result;
  };
}

/**
 * Caches the results of a pure function of an object for as long as the object lives. Results must not be undefined.
 */
export function rememberOf<Subject extends object, Result>(compute: (subject: Subject) => Result) {
  const results = new WeakMap<Subject, Result>();
  return (subject: Subject): Result => {
    const cached = results.get(subject);
    if (cached !== undefined) return cached;
    const result = compute(subject);
    results.set(subject, result);
    return result;
  };
}

/** Wraps a pure function to cache its last result. In a sorted report, most cells have the value of the row above. */
export function rememberLast<A, R>(compute: (argument: A) => R): (argument: A) => R {
  let isCached = false;
  let lastArgument: A;
  let result: R;
  return (argument) => {
    if (!isCached || argument !== lastArgument) {
      result = compute(argument);
      lastArgument = argument;
      isCached = true;
    }
    return result;
  };
}
