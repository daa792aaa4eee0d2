import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packagePath } from '../package-root.ts';
import { html, type Markup, trusted } from './markup.ts';

/** A stylesheet or script of the pages. */
export interface Asset {
  /** Where the dashboard serves it. */
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
}

/** The two assets of every page. */
export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
}

/** Reads the stylesheet and the script of the pages from the package. */
export function readAssets(): Assets {
  return {
    style: readAsset('page.css', 'text/css; charset=utf-8'),
    script: readAsset('page.js', 'text/javascript; charset=utf-8'),
  };
}

/** The path contains a hash of the text, so that browsers may cache it for ever. */
function readAsset(name: string, contentType: string): Asset {
  const text = readFileSync(packagePath(`assets/${name}`), 'utf8');
  return { path: `/assets/${hash('sha256', text, 'hex').slice(0, 12)}-${name}`, contentType, text };
}

/** The links to style and script, for the head of a page of the dashboard. */
export function linkedHead({ style, script }: Assets): Markup {
  return html`<link rel="stylesheet" href="${style.path}"><link rel="icon" href="data:,"><script src="${script.path}" defer></script>`;
}

/** Style and script themselves, for the head of a page in one file; its policy allows nothing but these two. */
export function inlineHead({ style, script }: Assets): Markup {
  const policy = `default-src 'none'; style-src ${sourceOf(style)}; script-src ${sourceOf(script)}; img-src data:`;
  return html`<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}"><link rel="icon" href="data:,">
<style>${trusted(style.text)}</style><script type="module">${trusted(script.text)}</script>`;
}

/** The source expression that allows an asset by its hash. @see https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function sourceOf({ text }: Asset): string {
  return `'sha256-${hash('sha256', text, 'base64')}'`;
}
