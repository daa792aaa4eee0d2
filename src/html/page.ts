import { type Content, html, type Markup } from './markup.ts';

/** What surrounds a page's content, in the dashboard or in a file. */
export interface Frame {
  /** Style and script: links to both, or both themselves. */
  readonly head: Markup;
  /** The pages to link to, or the parts of a file. */
  readonly navigation: readonly NavigationEntry[];
  /** Content at the right of the header, such as the search. */
  readonly tools?: Content;
}

/** A link in a page's navigation. */
export interface NavigationEntry {
  readonly title: string;
  readonly href: string;
}

/** The content of a page. */
export interface PageContent {
  readonly title: string;
  /** One line under the title: which audits it shows, and how much they cover. */
  readonly lead?: Content;
  /** The HTTP status of the answer; default 200. */
  readonly status?: 404;
  /** The path of the navigation entry that this page belongs to. */
  readonly at?: string;
  readonly body: Content;
}

/** A whole HTML document. */
export function document(frame: Frame, { title, lead, at, body }: PageContent): Markup {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} · slimboard</title>${frame.head}</head>
<body><a class="skip" href="#content">Skip to the content</a>
<header class="top"><a class="brand" href="${frame.navigation[0]?.href ?? '#content'}">slimboard</a>${navigation(frame.navigation, at)}
<div class="tools">${frame.tools}<button type="button" id="theme" aria-label="Switch between light and dark" title="Switch between light and dark">◐</button></div></header>
<main id="content" tabindex="-1"><h1>${title}</h1>${lead ? html`<p class="lead">${lead}</p>` : null}
${body}</main></body></html>
`;
}

function navigation(entries: readonly NavigationEntry[], at: string | undefined): Markup | null {
  if (entries.length === 0) return null;
  return html`<nav aria-label="Pages"><ul>${entries.map(
    ({ title, href }) =>
      html`<li><a href="${href}"${href === at ? html` aria-current="page"` : null}>${title}</a></li>`,
  )}</ul></nav>`;
}

/** How a section is shown. */
export interface SectionOptions {
  /** A line under the heading. */
  readonly note?: Content;
  /** Whether it takes the full width of the page. */
  readonly wide?: boolean;
  /** What a link to the section names, behind a `#`. */
  readonly id?: string;
  /** The address of the page that shows all of what the section shows a part of. */
  readonly more?: string | undefined;
}

/** A part of a page with its own heading. */
export function section(title: string, body: Content, { note, wide, id, more }: SectionOptions = {}): Markup {
  const link =
    more === undefined ? null : html`<a class="more" href="${more}" aria-label="Show all: ${title}">Show all</a>`;
  return html`<section class="card${wide ? ' wide' : ''}"${id ? html` id="${id}"` : null}><div class="title"><h2>${title}</h2>${link}</div>${note ? html`<p class="note">${note}</p>` : null}${body}</section>`;
}

/** A list of facts, one on each line; facts without a value are left out. */
export function facts(entries: readonly (readonly [string, Content])[]): Markup {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
