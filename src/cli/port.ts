export const PORT_RULE = 'write a whole number from 0 to 65535';

/** A port from 0 (any that is free) to 65535. @returns undefined when the text is none */
export function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
