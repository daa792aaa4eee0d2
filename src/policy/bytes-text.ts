const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes for a sentence, in powers of 1,000 with three digits at most: `72.3 MB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${UNITS[power]}`;
}
