/** The sum of numbers; 0 of none. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The sum of the bytes of layers, savings or other sized things. */
export function totalBytes(sized: readonly { readonly bytes: number }[]): number {
  return sum(sized.map(({ bytes }) => bytes));
}
