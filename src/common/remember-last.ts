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
