import { techniqueTitle } from '../advise/technique.ts';
import type { Cell, Column } from '../report/report.ts';
import { figure } from './figures.ts';
import { html, type Markup } from './markup.ts';

/** Long texts are cut, for a row is read at a glance; the whole text is in the title and in the CSV. */
const LONGEST = 160;
/** Sentences of ours are read to their end. */
const LONGEST_MESSAGE = 400;
const LONGEST_TITLE = 2_000;
/** What fits beside other columns. */
const LINE = 36;

/** Whether a cell takes more than a line. */
export function isLong({ name }: Column, cell: Cell): boolean {
  return typeof cell === 'string' && cell.length > LINE && SPECIAL[name]?.(cell) === undefined;
}

/** A cell as a page shows it. */
export function shownCell(column: Column, cell: Cell): Markup {
  const text = figure(column, cell);
  const special = typeof cell === 'number' || typeof cell === 'string' ? SPECIAL[column.name]?.(cell) : undefined;
  if (special !== undefined) return special;
  if (column.type === 'digest' && typeof cell === 'string') return html`<code title="${cell}">${text}</code>`;
  const longest = column.name === 'message' ? LONGEST_MESSAGE : LONGEST;
  if (text.length <= longest) return html`${text}`;
  return html`<span title="${text.slice(0, LONGEST_TITLE)}">${text.slice(0, longest)}…</span>`;
}

/** Columns whose cells are more than their text, by name; undefined: this cell is just text. */
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

/** What the badges of severities and of changes are called in the style. */
const BADGES: readonly string[] = ['error', 'warn', 'info', 'new', 'gone', 'kept'];

function badge(cell: string | number): Markup {
  const text = String(cell);
  return html`<span class="badge ${BADGES.includes(text) ? text : 'info'}">${text}</span>`;
}

/** Ranks won or lost; the arrow is for those who see it. */
function moved(cell: string | number): Markup {
  const ranks = Number(cell);
  if (ranks === 0) return html`<span aria-hidden="true">–</span><span class="unseen">not moved</span>`;
  const [arrow, word] = ranks > 0 ? ['▲', 'up'] : ['▼', 'down'];
  return html`<span class="unseen">${word} </span><span aria-hidden="true">${arrow} </span>${Math.abs(ranks)}`;
}

/** What techniques are called; several that were applied together are `;`-separated. */
function techniqueTitles(cell: string | number): Markup {
  const titles = String(cell).split(';').map(techniqueTitle);
  return html`${titles.join(' + ')}`;
}

/** Names of the very same layers: the first one, and how many more there are. */
function oneOfNames(cell: string | number): Markup | undefined {
  const [first, ...others] = String(cell).split(';');
  if (first === undefined || others.length === 0) return undefined;
  return html`<span title="${String(cell).slice(0, LONGEST_TITLE)}">${first} <small class="plain">+${others.length}</small></span>`;
}
