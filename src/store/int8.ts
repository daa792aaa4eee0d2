/** An int8 as the database writes it. @throws RangeError for a number that JavaScript cannot hold exactly */
export function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is beyond 2^53 - 1`);
  return number;
}
