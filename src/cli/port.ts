/** What to write, for messages about a wrong port. */
export const PORT_RULE = 'expected a whole number from 0 to 65535';

/** Parses a port from 0 (any free one) to 65535. @returns undefined when the text is none */
export function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
