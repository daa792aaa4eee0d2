import { humanBytes } from '../measure/human-bytes.ts';
import { type Content, html, type Markup } from './markup.ts';

/** One figure of a page. */
export interface Figure {
  readonly name: string;
  readonly value: Content;
  readonly note?: Content;
  /** Whether it gets a row of its own, for a long note. */
  readonly isWide?: boolean;
}

/** A row of figures, each with its name and an optional note. */
export function figures(entries: readonly Figure[]): Markup {
  return html`<dl class="figures">${entries.map(
    ({ name, value, note, isWide }) =>
      html`<div${isWide ? html` class="wide"` : null}><dt>${name}</dt><dd>${value}</dd>${note ? html`<dd class="note">${note}</dd>` : null}</div>`,
  )}</dl>`;
}

/** What slimming could save of several images. A layer of many images counts in each, so it may exceed what they store. */
export function savingsFigure(bytes: number | null): Figure {
  return {
    name: 'Could be saved, up to',
    value: bytes === null ? 'not known' : humanBytes(bytes),
    note: 'pull sizes, added up image by image',
  };
}

/** How far something is on the way to its goal. @param percent null: it has no goal */
export function progressFigure(percent: number | null, note?: string): Figure {
  return percent === null
    ? { name: 'Progress to the goal', value: 'not known' }
    : {
        name: 'Progress to the goal',
        value: `${percent.toFixed(1)} %`,
        note: note ?? (percent < 0 && 'larger than at the start'),
      };
}
