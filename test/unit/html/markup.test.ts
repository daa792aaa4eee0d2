import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html, trusted } from '../../../src/html/markup.ts';

test('text shows as text, markup as markup', () => {
  const inner = html`<b>${'<i>'}</b>`;
  expect(String(html`<p title="${'"x"'}">${inner}${null}${false}${0}${[inner, 'a&b']}</p>`)).toBe(
    '<p title="&quot;x&quot;"><b>&lt;i&gt;</b>0<b>&lt;i&gt;</b>a&amp;b</p>',
  );
});

test('only trusted text is not escaped', () => {
  expect(String(html`${trusted('<hr>')}`)).toBe('<hr>');
});

test('no text can end its element or attribute, or reorder the text around it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = String(html`<a title="${text}">${[text]}</a>`);
      const [, title, content] = /^<a title="([^"]*)">([^<]*)<\/a>$/.exec(shown) ?? [];
      expect(title).toBeDefined();
      expect(content).not.toMatch(/[<>"\p{Cc}\u202a-\u202e]/u);
    }),
  );
});
