const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes for a sentence, in powers of 1,000, with three digits: `72.3 MB`, `290 MB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 99.95 && unit > 0 ? Math.round(value * 10) / 10 : Math.round(value)} ${UNITS[unit]}`;
}
