import type { ByteRange } from './byte-range.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A number of bytes for people, in decimal units with two or three digits: `999 B`, `1.5 kB`, `212 MB`. */
export function humanBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  // 999.5 would be shown as 1000 of the smaller unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
  return `${bytes < 0 ? '-' : ''}${text} ${UNITS[unit]}`;
}

/** A range of bytes for people: `2.0 MB to 13.0 MB`; once where both ends read the same. */
export function humanRange({ min, max }: ByteRange): string {
  const [from, to] = [humanBytes(min), humanBytes(max)];
  return from === to ? to : `${from} to ${to}`;
}

/** A change of size for people: `+212 MB`, `-3.0 kB`, `0 B`. */
export function signedBytes(bytes: number): string {
  return bytes > 0 ? `+${humanBytes(bytes)}` : humanBytes(bytes);
}

/** A change of size in percent for people: `+12.3 %`, `-75.1 %`; undefined if there was nothing before. */
export function signedPercent(changedBytes: number, oldBytes: number): string | undefined {
  return oldBytes === 0 ? undefined : `${changedBytes > 0 ? '+' : ''}${((changedBytes / oldBytes) * 100).toFixed(1)} %`;
}
