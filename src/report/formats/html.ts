import { humanCell } from '../human.ts';
import { printable, withoutBackticks } from '../plain-text.ts';
import { type AuditSummary, type Cells, type Column, isNumeric, type Report } from '../report.ts';

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}
caption{text-align:left;padding:.5rem 0}th,td{padding:.3rem .7rem;border-bottom:1px solid #8886;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:Canvas;overflow-wrap:normal}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.s{overflow-x:auto}@media print{body{margin:0}thead th{position:static}}`;

/** One page with one table, complete in itself: it runs no script and makes no request. */
export async function* html({ kind, columns, audit, rows }: Report): AsyncGenerator<string> {
  const title = `slimboard: ${escapeHtml(kind)}`;
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1><div class="s" role="region" aria-label="${escapeHtml(kind)}" tabindex="0"><table>
<caption>${escapeHtml(captionOf(audit))}</caption>
<thead><tr>${columns.map(headCell).join('')}</tr></thead><tbody>
`;
  for await (const batch of rows) yield batch.map((cells) => rowOf(columns, cells)).join('');
  yield '</tbody></table></div></main></body></html>\n';
}

/** Makes text {@link printable}, and escapes it for an element or a quoted attribute of HTML. */
export function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function captionOf(audit: AuditSummary | null): string {
  if (!audit) return 'No audit has finished yet.';
  const coverage = `${audit.tags_audited} of ${audit.tags_listed} tags audited, ${audit.tags_failed} failed`;
  return `Audit ${audit.id} of ${audit.sources.join(', ')}, ${audit.finished_at ?? 'still running'}: ${coverage}.`;
}

function headCell(column: Column): string {
  const numeric = isNumeric(column) ? ' class="n"' : '';
  return `<th scope="col"${numeric} title="${escapeHtml(withoutBackticks(column.description))}">${escapeHtml(column.name)}</th>`;
}

function rowOf(columns: readonly Column[], cells: Cells): string {
  const parts = columns.map((column, index) => {
    const text = escapeHtml(humanCell(column, cells[index] ?? null));
    return isNumeric(column) ? `<td class="n">${text}</td>` : `<td>${text}</td>`;
  });
  return `<tr>${parts.join('')}</tr>\n`;
}
