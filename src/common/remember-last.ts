/** The same function, which remembers its last answer: most cells of a sorted report say what the row above them says. */
export function rememberLast<A, R>(compute: (argument: A) => R): (argument: A) => R {
  let asked = false;
  let last: A;
  let answer: R;
  return (argument) => {
    if (!asked || argument !== last) {
      answer = compute(argument);
      last = argument;
      asked = true;
    }
    return answer;
  };
}
