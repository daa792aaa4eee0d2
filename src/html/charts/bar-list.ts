import { breakable } from '../cell.ts';
import { percentOf } from '../format.ts';
import { link } from '../links.ts';
import { html, type Markup } from '../markup.ts';

/** One bar of a chart. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value, formatted. */
  readonly text: string;
  /** A remark beside the label, such as the day a distribution's support ends. */
  readonly note?: string | undefined;
  /** Whether the note and the bar stand out as bad news. */
  readonly isBad?: boolean;
  readonly href?: string | undefined;
  /** The tooltip of the label. */
  readonly title?: string | undefined;
}

/**
 * A chart of bars beside their labels and figures. It is a table, so that screen readers can read it.
 * @param heads the headings of labels and figures
 */
export function barList(label: string, heads: readonly [string, string], bars: readonly Bar[]): Markup {
  if (bars.length === 0) return html`<p class="empty">Nothing to show.</p>`;
  const most = Math.max(...bars.map(({ value }) => value));
  return html`<table class="bars"><caption class="unseen">${label}</caption><colgroup><col class="label"><col><col class="figure"></colgroup>
<thead class="unseen"><tr><th scope="col">${heads[0]}</th><th scope="col">Share</th><th scope="col">${heads[1]}</th></tr></thead>
<tbody>${bars.map((bar) => line(bar, most))}</tbody></table>`;
}

function line({ label, value, text, note, isBad, href, title }: Bar, most: number): Markup {
  const tone = isBad ? 'bad' : 'plain';
  const name = link(breakable(label), href);
  return html`<tr><th scope="row"${title ? html` title="${title}"` : null}>${name}${note ? html` <small class="${tone}">${note}</small>` : null}</th>
<td class="track"><svg width="100%" height="10" aria-hidden="true"><rect class="fill ${tone}" width="${percentOf(value, most).toFixed(2)}%" height="10" rx="2"/></svg></td>
<td class="n">${text}</td></tr>`;
}
