import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packagePath } from '../package-root.ts';
import { html, type Markup, trusted } from './markup.ts';

/** A style or script of the pages. */
export interface Asset {
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
}

export interface Assets {
  readonly style: Asset;
  readonly script: Asset;
}

/** Reads the pages' style and script from the package. */
export function readAssets(): Assets {
  return {
    style: readAsset('page.css', 'text/css; charset=utf-8'),
    script: readAsset('page.js', 'text/javascript; charset=utf-8'),
  };
}

/** Another text has another path, so that browsers keep each for ever. */
function readAsset(name: string, contentType: string): Asset {
  const text = readFileSync(packagePath(`assets/${name}`), 'utf8');
  return { path: `/assets/${hash('sha256', text, 'hex').slice(0, 12)}-${name}`, contentType, text };
}

/** What a page's head holds when style and script come from the same server. */
export function linkedHead({ style, script }: Assets): Markup {
  return html`<link rel="stylesheet" href="${style.path}"><link rel="icon" href="data:,"><script src="${script.path}" defer></script>`;
}

/** What a page's head holds when it is one file: nothing but this style and this script may take effect in it. */
export function inlineHead({ style, script }: Assets): Markup {
  const policy = `default-src 'none'; style-src ${sourceOf(style)}; script-src ${sourceOf(script)}; img-src data:`;
  return html`<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}"><link rel="icon" href="data:,">
<style>${trusted(style.text)}</style><script type="module">${trusted(script.text)}</script>`;
}

/** @see https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function sourceOf({ text }: Asset): string {
  return `'sha256-${hash('sha256', text, 'base64')}'`;
}
