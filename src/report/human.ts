import { humanBytes } from '../measure/human-bytes.ts';
import type { Cell, Column } from './report.ts';

/** Formats a cell for people: sizes with their unit, digests shortened, unknown as an empty string. */
export function humanCell({ type }: Column, cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return type === 'digest' ? cell.slice(0, 19) : cell;
  if (type === 'bytes') return humanBytes(cell);
  // The same number of digits in each row, because people compare figures in a column.
  if (type === 'number') return cell.toFixed(1);
  if (type === 'percent') return `${cell.toFixed(1)} %`;
  if (type === 'money') return cell.toFixed(2);
  return String(cell);
}
