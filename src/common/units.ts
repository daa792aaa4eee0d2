import { SettingsError } from '../errors.ts';

// Decimal units are SI's, those with an i are IEC 80000-13's.
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

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3_600 * SECOND_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  y: 365 * DAY_MS,
};

/** How small images shall become: by a share of their size, or down to a size. */
export type Goal =
  | {
      readonly kind: 'reduction';
      /** 0 to 1; `90%` is 0.9. */
      readonly ratio: number;
    }
  | { readonly kind: 'size'; readonly bytes: number };

/**
 * `300MB` (300,000,000), `300MiB` (314,572,800), `1.5 GB`, or a bare number of bytes.
 * @returns whole bytes
 * @throws SettingsError when the text is no size
 */
export function parseBytes(text: string): number {
  return quantity(text, BYTES_PER_UNIT, 'b', 'size: write for example 300MB, 1.5GiB or a number of bytes');
}

/**
 * `500ms`, `30s`, `15m`, `12h`, `30d`, `6w`, `2y` (of 365 days).
 * @returns whole milliseconds
 * @throws SettingsError when the text is no duration
 */
export function parseDuration(text: string): number {
  return quantity(text, MS_PER_UNIT, undefined, 'duration: write for example 30s, 12h, 90d or 2y');
}

/**
 * `90%` is 0.9.
 * @returns a ratio from 0 to 1
 * @throws SettingsError when the text is no percentage, or lies outside 0 to 100
 */
export function parsePercent(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? [];
  const percent = Number(number);
  if (!(percent <= 100)) throw new SettingsError(`"${text}" is no percentage: write for example 90%, at most 100%`);
  return percent / 100;
}

/**
 * `90%`: nine tenths smaller; `120MB`: down to so many bytes.
 * @throws SettingsError when the text is neither
 */
export function parseGoal(text: string): Goal {
  if (text.trim().endsWith('%')) {
    const ratio = parsePercent(text);
    if (ratio === 0) throw new SettingsError(`"${text}" is no goal: every image is there already`);
    return { kind: 'reduction', ratio };
  }
  return { kind: 'size', bytes: parseBytes(text) };
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
  if (!Number.isSafeInteger(value) || isFraction) throw new SettingsError(`"${text}" is no ${rule}`);
  return value;
}
