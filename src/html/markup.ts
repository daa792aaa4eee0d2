import { html as escaped, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { printable } from '../report/plain-text.ts';

/** HTML that was made by {@link html}: everything in it that came as text is escaped. */
export type Markup = HtmlEscapedString;
/** What may stand in a template: text is escaped, absent values are nothing. */
export type Content = Markup | string | number | false | null | undefined | readonly Content[];

/**
 * HTML from a template. Text in it shows as text: escaped, on one line, without characters that cannot be seen or that
 * reorder others.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  // Synchronous, for no value is a promise.
  return escaped(strings, ...values.map(visible)) as Markup;
}

/** Text that is HTML already: the page's own style and script. */
export function trusted(text: string): Markup {
  return raw(text);
}

function visible(value: Content): unknown {
  if (typeof value === 'string') return printable(value);
  return Array.isArray(value) ? value.map(visible) : value;
}
