import { SettingsError } from '../errors.ts';

// Decimal units follow SI; those with an "i" follow IEC 80000-13.
const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
};

/**
 * Parses a size: `300MB` (300,000,000), `300MiB` (314,572,800), `1.5 GB`, or a bare number of bytes.
 * @returns whole bytes
 * @throws SettingsError when the text is not a size
 */
export function parseBytes(text: string): number {
  return quantity(text, BYTES_PER_UNIT, 'b', 'size: expected for example 300MB, 1.5GiB or a number of bytes');
}

/**
 * Parses a size that has a unit; a bare number is refused.
 * @param rule what the text should be, for the error: `goal: expected for example 90% or 120MB`
 * @returns whole bytes
 * @throws SettingsError when the text is not a size with a unit
 */
export function parseBytesWithUnit(text: string, rule: string): number {
  return quantity(text, BYTES_PER_UNIT, undefined, rule);
}

/**
 * Parses a duration: `500ms`, `30s`, `15m`, `12h`, `30d`, `6w`, `2y` (a year has 365 days).
 * @returns whole milliseconds
 * @throws SettingsError when the text is not a duration
 */
export function parseDuration(text: string): number {
  return quantity(text, MS_PER_UNIT, undefined, 'duration: expected for example 30s, 12h, 90d or 2y');
}

function quantity(
  text: string,
  perUnit: Readonly<Record<string, number>>,
  bareUnit: string | undefined,
  rule: string,
): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = perUnit[unit?.toLowerCase() || (bareUnit ?? '')];
  const value = Math.round(Number(number) * (factor ?? Number.NaN));
  const isFraction = unit === '' && number?.includes('.');
  if (!Number.isSafeInteger(value) || isFraction) throw new SettingsError(`"${text}" is not a ${rule}`);
  return value;
}
