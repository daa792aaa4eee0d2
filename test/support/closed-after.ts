import { onTestFinished } from 'vitest';

interface Opened {
  close(): unknown;
}

/** Has what a test has opened closed at its end, the last one first. @returns the first of it */
export function closedAfterTest<T extends Opened>(first: T, ...more: readonly Opened[]): T {
  for (const opened of [first, ...more]) onTestFinished(async () => void (await opened.close()));
  return first;
}
