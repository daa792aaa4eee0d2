import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import { humanBytes } from '../../measure/human-bytes.ts';
import { html, type Markup } from '../markup.ts';

/** A figure at a time. */
export interface TrendPoint {
  /** ISO 8601. */
  readonly at: string;
  readonly bytes: number;
}

const WIDTH = 600;
const HEIGHT = 120;

/** One line over time, from zero up: first and last figure stand beside it as text. */
export function trendChart(name: string, points: readonly TrendPoint[]): Markup {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || points.length < 2)
    return html`<p class="empty">${name}: a trend begins with the second audit.</p>`;
  const text = `${name}: ${humanBytes(first.bytes)} on ${first.at.slice(0, 10)}, ${humanBytes(last.bytes)} on ${last.at.slice(0, 10)}`;
  return html`<figure class="trend"><figcaption>${text}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${text}">${pathsOf(points)}</svg>
</figure>`;
}

function pathsOf(points: readonly TrendPoint[]): Markup {
  const times = points.map(({ at }) => Date.parse(at));
  const x = scaleUtc([Math.min(...times), Math.max(...times)], [0, WIDTH]);
  const y = scaleLinear([0, Math.max(1, ...points.map(({ bytes }) => bytes))], [HEIGHT - 2, 4]).nice();
  const xOf = ({ at }: TrendPoint) => x(Date.parse(at));
  const yOf = ({ bytes }: TrendPoint) => y(bytes);
  return html`<path class="under" d="${area(xOf, HEIGHT, yOf)([...points])}"/><path class="line" d="${line(xOf, yOf)([...points])}"/>`;
}
