import { techniqueTitle } from '../advise/technique.ts';
import type { Cell, Column } from '../report/report.ts';
import { cellText } from './format.ts';
import { html, type Markup } from './markup.ts';

/** Longer texts are cut, so that a row can be read at a glance; the tooltip and the CSV have the whole text. */
const LONGEST = 160;
/** Messages of slimboard are meant to be read to their end. */
const LONGEST_MESSAGE = 400;
const LONGEST_TITLE = 2_000;
/** How many characters fit on a line beside other columns. */
const LINE = 36;

/** Whether a cell needs more than one line. */
export function isLong({ name }: Column, cell: Cell): boolean {
  return typeof cell === 'string' && cell.length > LINE && SPECIAL[name]?.(cell) === undefined;
}

/** A cell as a page shows it: figures formatted, badges and titles for some columns, long texts cut. */
export function shownCell(column: Column, cell: Cell): Markup {
  const text = cellText(column, cell);
  const special = typeof cell === 'number' || typeof cell === 'string' ? SPECIAL[column.name]?.(cell) : undefined;
  if (special !== undefined) return special;
  if (column.type === 'digest' && typeof cell === 'string') return html`<code title="${cell}">${text}</code>`;
  const longest = column.name === 'message' ? LONGEST_MESSAGE : LONGEST;
  if (text.length <= longest) return isLong(column, cell) ? breakable(text) : html`${text}`;
  return html`<span title="${text.slice(0, LONGEST_TITLE)}">${breakable(text.slice(0, longest))}…</span>`;
}

/**
 * A text that is broken after the slashes within a path first, where browsers break none: elsewhere only for want of room. Not
 * after the first slash: a line that ends in `rm -rf /` alarms.
 */
export function breakable(text: string): Markup {
  return html`${text.split(/(?<=[^\s/]\/)(?=[^\s/])/).map((part, at) => html`${at > 0 ? BREAK : null}${part}`)}`;
}

const BREAK = html`<wbr>`;

/** Columns whose cells are shown as more than text, by name; undefined for a cell that is just text. */
const SPECIAL: Readonly<Record<string, (cell: string | number) => Markup | undefined>> = {
  severity: badge,
  change: badge,
  moved,
  technique: techniqueTitles,
  techniques: techniqueTitles,
  base: oneOfNames,
  base_image: oneOfNames,
  name: oneOfNames,
};

/** The texts that the stylesheet has a badge for. */
const BADGES: readonly string[] = ['error', 'warn', 'info', 'new', 'gone', 'kept'];

function badge(cell: string | number): Markup {
  const text = String(cell);
  return html`<span class="badge ${BADGES.includes(text) ? text : 'info'}">${text}</span>`;
}

/** Ranks won or lost, as an arrow for the eye and a word for screen readers. */
function moved(cell: string | number): Markup {
  const ranks = Number(cell);
  if (ranks === 0) return html`<span aria-hidden="true">–</span><span class="unseen">unchanged</span>`;
  const [arrow, word] = ranks > 0 ? ['▲', 'up'] : ['▼', 'down'];
  return html`<span class="unseen">${word} </span><span aria-hidden="true">${arrow} </span>${Math.abs(ranks)}`;
}

/** The titles of one technique, or of several that were applied together, `;`-separated. */
function techniqueTitles(cell: string | number): Markup {
  const titles = String(cell).split(';').map(techniqueTitle);
  return html`${titles.join(' + ')}`;
}

/** Several names of the same layers, `;`-separated: shows the first, and how many more there are. */
function oneOfNames(cell: string | number): Markup | undefined {
  const [first, ...others] = String(cell).split(';');
  if (first === undefined || others.length === 0) return undefined;
  return html`<span title="${String(cell).slice(0, LONGEST_TITLE)}">${first} <small class="plain">+${others.length}</small></span>`;
}
