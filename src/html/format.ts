import { plural } from '../common/plural.ts';
import { humanCell } from '../report/human.ts';
import type { Cell, Column } from '../report/report.ts';

const COUNT = new Intl.NumberFormat('en-US');

/** Formats a whole number with thousands separators: `12,345`. */
export function count(value: number): string {
  return COUNT.format(value);
}

/** Formats a number of things: `1 image`, `12,345 images`. */
export function countOf(value: number, one: string): string {
  return `${count(value)} ${plural(value, one)}`;
}

/** Formats a part's share of a whole: `12 %`; `0 %` when the whole is 0. */
export function share(part: number, whole: number): string {
  return `${percentOf(part, whole).toFixed(0)} %`;
}

/** A part's percentage of a whole, limited to 0 to 100; 0 when the whole is 0. */
export function percentOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}

/** Formats a timestamp of a report: `2026-11-23 02:00 UTC`. */
export function moment(timestamp: string): string {
  return `${timestamp.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Says until which day a release is supported, or since when it is not: `supported until 2028-06-30`. */
export function supportUntil(endOfLife: string, today: string): string {
  return `${endOfLife < today ? 'support ended' : 'supported until'} ${endOfLife}`;
}

/** Formats a cell for a page; unknown values are empty. */
export function cellText(column: Column, cell: Cell): string {
  if (cell === null) return '';
  if (column.type === 'timestamp' && typeof cell === 'string') return cell.slice(0, 16).replace('T', ' ');
  if (column.type === 'list') return String(cell).replaceAll(';', ', ');
  if (column.type === 'integer' && typeof cell === 'number' && !column.name.endsWith('id')) return count(cell);
  return humanCell(column, cell);
}

/** A description for where Markdown is not rendered, such as tooltips: without the backticks around code. */
export function withoutBackticks(description: string): string {
  return description.replaceAll('`', '');
}
