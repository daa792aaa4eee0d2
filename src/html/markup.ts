import { html as escaped, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { printable } from '../common/printable.ts';

/** HTML made by {@link html}, in which all text is escaped. */
export type Markup = HtmlEscapedString;
/** A value in a template: text is escaped; null, undefined and false become nothing. */
export type Content = Markup | string | number | false | null | undefined | readonly Content[];

/**
 * Makes HTML from a template. Text values are escaped and put on one line; characters that are invisible or reorder
 * text are removed.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  // The result is a promise only when a value is one, and none is.
  return escaped(strings, ...values.map(printableContent)) as Markup;
}

/** Inserts text without escaping it: for the page's own style, script and policy only. */
export const trusted: (text: string) => Markup = raw;

function printableContent(value: Content): unknown {
  if (typeof value === 'string') return printable(value);
  return Array.isArray(value) ? value.map(printableContent) : value;
}
