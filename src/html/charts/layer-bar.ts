import { totalBytes } from '../../common/sum.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { percentOf } from '../format.ts';
import { html, type Markup } from '../markup.ts';

/** A layer in the bar of its image. */
export interface BarLayer {
  /** From 0, the base first. */
  readonly position: number;
  readonly bytes: number;
  /** `base` for the layers of the base image. */
  readonly class: string;
}

const CLASSES: ReadonlySet<string> = new Set(
  'base os-packages dependencies build-tools application configuration'.split(' '),
);

/** An image's layers as a bar, each as wide as its share of the size, with a mark at the base's end, and a legend. */
export function layerBar(layers: readonly BarLayer[]): Markup {
  const total = totalBytes(layers);
  let before = 0;
  const parts = layers.map((layer) => {
    const x = percentOf(before, total);
    before += layer.bytes;
    const title = `Layer ${layer.position + 1}, ${layer.class}: ${humanBytes(layer.bytes)}`;
    return html`<rect class="layer ${layerTone(layer)}" x="${x.toFixed(3)}%" width="${percentOf(layer.bytes, total).toFixed(3)}%" y="4" height="32"><title>${title}</title></rect>`;
  });
  const baseBytes = totalBytes(layers.filter((layer) => layer.class === 'base'));
  const boundary = percentOf(baseBytes, total).toFixed(3);
  const mark = baseBytes > 0 ? html`<line class="boundary" x1="${boundary}%" x2="${boundary}%" y1="0" y2="40"/>` : null;
  const label = `Layers by size: ${humanBytes(baseBytes)} from the base image, ${humanBytes(total - baseBytes)} above it`;
  return html`<svg class="layers" width="100%" height="40" role="img" aria-label="${label}">${parts}${mark}</svg>${legend(layers)}`;
}

function legend(layers: readonly BarLayer[]): Markup {
  const classes = [...new Set(layers.filter(({ bytes }) => bytes > 0).map(layerTone))];
  const bytesOf = (tone: string) => totalBytes(layers.filter((layer) => layerTone(layer) === tone));
  return html`<ul class="legend">${classes.map(
    (tone) =>
      html`<li><svg width="10" height="10" aria-hidden="true"><rect class="layer ${tone}" width="10" height="10" rx="2"/></svg> ${tone} <b>${humanBytes(bytesOf(tone))}</b></li>`,
  )}</ul>`;
}

/** The CSS class for a layer: its own class, or `other`. */
function layerTone({ class: name }: BarLayer): string {
  return CLASSES.has(name) ? name : 'other';
}
