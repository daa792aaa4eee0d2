/** A range of bytes, both ends included. Equal ends mean that the number was measured. */
export interface ByteRange {
  readonly min: number;
  readonly max: number;
}

/** Returns a range with equal ends, for a measured number of bytes. */
export function exactly(bytes: number): ByteRange {
  return { min: bytes, max: bytes };
}

/** Returns the range from 0 to a number of bytes, for what may be there, and may be less. */
export function upTo(bytes: number): ByteRange {
  return { min: 0, max: Math.round(bytes) };
}

/** Returns the range from the sum of the lower ends to that of the upper ends. */
export function sumOfRanges(ranges: readonly ByteRange[]): ByteRange {
  let [min, max] = [0, 0];
  for (const range of ranges) {
    min += range.min;
    max += range.max;
  }
  return { min, max };
}

/** Returns the number half-way between the ends, by which ranges are compared. */
export function middle({ min, max }: ByteRange): number {
  return (min + max) / 2;
}
