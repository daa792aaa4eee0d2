import { NotFoundError } from '../../errors.ts';
import { figures } from '../../html/figures.ts';
import { noLinks } from '../../html/links.ts';
import { html, type Markup } from '../../html/markup.ts';
import { type PageContent, section } from '../../html/page.ts';
import { recordTable } from '../../html/table.ts';
import { humanBytes, signedBytes, signedPercent } from '../../measure/human-bytes.ts';
import { pickColumns } from '../../report/kinds/kind.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import type { Column } from '../../report/report.ts';
import type { Comparison } from '../compare.ts';
import { type ImageDetail, imageName } from '../image-detail.ts';

/** A form for two images, and below it how they differ, or which of them is not there; before a comparison, only the form. */
export function comparePage(before: string, after: string, comparison?: Comparison | NotFoundError): PageContent {
  const isMissing = comparison instanceof NotFoundError;
  return {
    title: comparison && !isMissing ? `${imageName(comparison.before)} → ${imageName(comparison.after)}` : 'Compare',
    at: '/compare',
    lead: 'Two images that audits stored, layer by layer: what came, what went, and what that changed.',
    ...(isMissing && { status: 404 }),
    body: html`<form class="filters" action="/compare">
<label>Old (REPOSITORY:TAG or digest)<input class="name" name="old" value="${before}" required></label>
<label>New<input class="name" name="new" value="${after}" required></label><button>Compare</button></form>
${isMissing ? html`<p class="notice" role="alert">${comparison.message}</p>` : comparison && comparisonResult(comparison)}`,
  };
}

function comparisonResult({ before, after, diff }: Comparison): Markup {
  return html`${figures([
    { name: 'Old', value: humanBytes(diff.oldBytes), note: imageLink(before) },
    { name: 'New', value: humanBytes(diff.newBytes), note: imageLink(after) },
    { name: 'Change', value: signedBytes(diff.changedBytes), note: signedPercent(diff.changedBytes, diff.oldBytes) },
    { name: 'Kept', value: humanBytes(diff.keptBytes), note: 'in layers that both images have' },
  ])}
<div class="grid">
${section('Where the change comes from', classTable(diff.byClass))}
${section('Settings that changed', diff.settings.length === 0 ? html`<p class="empty">None.</p>` : html`<ul class="plain">${diff.settings.map((name) => html`<li>${name}</li>`)}</ul>`, { note: 'Names only, because values may be secrets.' })}
${section('Layers', recordTable(LAYER_COLUMNS, diff.layers, { label: 'Layers', links: noLinks }), { wide: true })}
</div>`;
}

function imageLink(image: ImageDetail): Markup {
  return html`<a href="/images/${encodeURIComponent(image.digest)}">${imageName(image)}</a>`;
}

const CLASS_COLUMNS: readonly Column[] = [
  ...pickColumns(KINDS.layers, ['class']),
  { name: 'change_bytes', type: 'bytes', description: 'The bytes in the new image minus those in the old one.' },
];

function classTable(classes: Comparison['diff']['byClass']): Markup {
  const records = classes.map(({ class: name, changedBytes }) => ({ class: name, change_bytes: changedBytes }));
  return recordTable(CLASS_COLUMNS, records, { label: 'Change by class', links: noLinks });
}

const LAYER_COLUMNS: readonly Column[] = [
  { name: 'change', type: 'text', description: 'Whether both images have the layer (`kept`), or only one of them.' },
  ...pickColumns(KINDS.layers, ['bytes', 'class', 'instruction', 'digest']),
];
