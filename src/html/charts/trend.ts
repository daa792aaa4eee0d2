import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import { humanBytes } from '../../measure/human-bytes.ts';
import { moment } from '../figures.ts';
import { html, type Markup } from '../markup.ts';

/** How something's size went. */
export interface Trend {
  readonly title: string;
  /** The oldest first. */
  readonly points: readonly SizesAt[];
}

/** Sizes at the end of an audit. */
export interface SizesAt {
  /** ISO 8601. */
  readonly at: string;
  /** Null: not kept. */
  readonly storedBytes: number | null;
  readonly logicalBytes: number;
}

interface TrendPoint {
  readonly at: string;
  readonly bytes: number;
}

const WIDTH = 600;
const HEIGHT = 120;

/** A line of stored and one of logical bytes for each trend. */
export function trendCharts(trends: readonly Trend[]): Markup {
  if (trends.length === 0) return html`<p class="empty">A trend begins with the second audit.</p>`;
  return html`${trends.map(
    ({ title, points }) =>
      html`${trends.length > 1 ? html`<h3>${title}</h3>` : null}<div class="trends">${stored(points)}${logical(points)}</div>`,
  )}`;
}

function stored(points: readonly SizesAt[]): Markup | null {
  const known = points.flatMap(({ at, storedBytes }) => (storedBytes === null ? [] : [{ at, bytes: storedBytes }]));
  return trendChart('Stored', known);
}

function logical(points: readonly SizesAt[]): Markup | null {
  return trendChart(
    'Logical',
    points.map(({ at, logicalBytes }) => ({ at, bytes: logicalBytes })),
  );
}

/** One line over time, from zero up: its first and last figure stand over it as text, its scale at its sides. */
export function trendChart(name: string, points: readonly TrendPoint[]): Markup | null {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return null;
  if (points.length < 2)
    return html`<p class="empty">${name}: ${humanBytes(first.bytes)}. A trend begins with the second audit.</p>`;
  const days = new Set([first, last].map(({ at }) => at.slice(0, 10)));
  const when = ({ at }: TrendPoint): string => (days.size > 1 ? at.slice(0, 10) : moment(at));
  const text = `${name}: ${humanBytes(first.bytes)} on ${when(first)}, ${humanBytes(last.bytes)} on ${when(last)}`;
  const most = Math.max(...points.map(({ bytes }) => bytes));
  return html`<figure class="trend"><figcaption>${text}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${text}">${pathsOf(points, most)}</svg>
<div class="scale" aria-hidden="true"><span>${when(first)}</span><span>0 to ${humanBytes(most)}</span><span>${when(last)}</span></div>
</figure>`;
}

function pathsOf(points: readonly TrendPoint[], most: number): Markup {
  const times = points.map(({ at }) => Date.parse(at));
  const x = scaleUtc([Math.min(...times), Math.max(...times)], [0, WIDTH]);
  const y = scaleLinear([0, Math.max(1, most)], [HEIGHT - 2, 4]);
  const xOf = ({ at }: TrendPoint) => x(Date.parse(at));
  const yOf = ({ bytes }: TrendPoint) => y(bytes);
  return html`<path class="under" d="${area(xOf, HEIGHT, yOf)([...points])}"/><path class="line" d="${line(xOf, yOf)([...points])}"/>`;
}
