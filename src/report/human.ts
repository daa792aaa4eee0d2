import { humanBytes } from '../measure/human-bytes.ts';
import type { Cell, Column } from './report.ts';

/** Columns that show by how much something grew; less is better. */
const GROWTH: ReadonlySet<string> = new Set([
  'growth_bytes',
  'growth_percent',
  'change_bytes',
  'change_percent',
  'step_bytes',
]);
/** Columns that show a change, so that a rise has a sign as a fall has. */
const CHANGES: ReadonlySet<string> = new Set([...GROWTH, 'moved', 'progress_change']);

/** Whether a column shows by how much something grew; less is better. */
export function isGrowth({ name }: Column): boolean {
  return GROWTH.has(name);
}

/** Formats a cell for people: sizes with their unit, rises with a plus, digests shortened, unknown as an empty string. */
export function humanCell(column: Column, cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return column.type === 'digest' ? cell.slice(0, 19) : cell;
  return `${cell > 0 && CHANGES.has(column.name) ? '+' : ''}${humanNumber(column, cell)}`;
}

function humanNumber({ type }: Column, value: number): string {
  if (type === 'bytes') return humanBytes(value);
  // The same number of digits in each row, because people compare figures in a column.
  if (type === 'number') return value.toFixed(1);
  if (type === 'percent') return `${value.toFixed(1)} %`;
  if (type === 'money') return value.toFixed(2);
  return String(value);
}
