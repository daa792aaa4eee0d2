import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import { humanBytes, signedBytes } from '../../measure/human-bytes.ts';
import { EMPTY_STATES } from '../empty-states.ts';
import { moment } from '../format.ts';
import { html, type Markup } from '../markup.ts';

/** The sizes of something over time. */
export interface Trend {
  readonly title: string;
  /** Oldest first. */
  readonly points: readonly SizesAt[];
}

/** Sizes at the end of an audit. */
export interface SizesAt {
  /** ISO 8601. */
  readonly at: string;
  /** Null: not stored. */
  readonly storedBytes: number | null;
  readonly logicalBytes: number;
}

interface TrendPoint {
  readonly at: string;
  readonly bytes: number;
}

const HEIGHT = 140;
/** Room above the highest line of the scale, for the upper half of its label. */
const ABOVE = 8;
/** The approximate number of lines of the scale. */
const TICKS = 3;
/** A chart with more points shows no marks for them. */
const MOST_MARKS = 60;

/** Two charts for each trend: stored bytes and logical bytes. */
export function trendCharts(trends: readonly Trend[]): Markup {
  if (trends.length === 0) return html`<p class="empty">${EMPTY_STATES.trends}</p>`;
  return html`${trends.map(
    ({ title, points }) =>
      html`${trends.length > 1 ? html`<h3>${title}</h3>` : null}<div class="trends">${trendChart('Stored', pointsOf(points, 'storedBytes'))}${trendChart('Logical', pointsOf(points, 'logicalBytes'))}</div>`,
  )}`;
}

function pointsOf(points: readonly SizesAt[], size: 'storedBytes' | 'logicalBytes'): readonly TrendPoint[] {
  return points.flatMap(({ at, [size]: bytes }) => (bytes === null ? [] : [{ at, bytes }]));
}

/**
 * A line chart of sizes over time, with a scale from zero; its caption gives the last size, and its change since the
 * first. A single point is only text.
 * @returns null when there are no points
 */
export function trendChart(name: string, points: readonly TrendPoint[]): Markup | null {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return null;
  if (points.length < 2)
    return html`<p class="empty">${name}: ${humanBytes(first.bytes)} since ${moment(first.at)}.</p>`;
  const days = new Set([first, last].map(({ at }) => at.slice(0, 10)));
  const when = ({ at }: TrendPoint): string => (days.size > 1 ? at.slice(0, 10) : moment(at));
  const text = `${name}: ${humanBytes(last.bytes)}, ${signedBytes(last.bytes - first.bytes)} since ${when(first)}`;
  return html`<figure class="trend"><figcaption>${text}</figcaption>
${plot(name, text, points, when)}
<div class="scale" aria-hidden="true"><span>${when(first)}</span><span>${when(last)}</span></div>
</figure>`;
}

/**
 * The labels of the scale, and beside them the line, which is drawn on a plane of its own that is stretched to any
 * width. Marks must not be stretched, so they are placed in per cent of the width.
 */
function plot(name: string, text: string, points: readonly TrendPoint[], when: (point: TrendPoint) => string): Markup {
  const times = points.map(({ at }) => Date.parse(at));
  const x = scaleUtc([Math.min(...times), Math.max(...times)], [0, 100]);
  const y = scaleLinear([0, Math.max(1, ...points.map(({ bytes }) => bytes))], [HEIGHT - 1, ABOVE]).nice(TICKS);
  const xOf = ({ at }: TrendPoint) => x(Date.parse(at));
  const yOf = ({ bytes }: TrendPoint) => y(bytes);
  const ticks = y.ticks(TICKS).filter((bytes) => bytes > 0);
  const labels = ticks.map((bytes) => html`<text x="100%" y="${y(bytes).toFixed(1)}">${humanBytes(bytes)}</text>`);
  const lines = ticks.map((bytes) => {
    const at = y(bytes).toFixed(1);
    return html`<line class="tick" x2="100%" y1="${at}" y2="${at}"/>`;
  });
  const marks = points.map((point, index) => {
    const from = index === 0 ? 0 : (xOf(point) + xOf(points[index - 1] ?? point)) / 2;
    const to = index === points.length - 1 ? 100 : (xOf(point) + xOf(points[index + 1] ?? point)) / 2;
    const mark =
      points.length > MOST_MARKS
        ? null
        : html`<circle cx="${xOf(point).toFixed(2)}%" cy="${yOf(point).toFixed(1)}" r="2.5"/>`;
    return html`<g class="at"><title>${name}, ${when(point)}: ${humanBytes(point.bytes)}</title><rect x="${from.toFixed(3)}%" width="${(to - from).toFixed(3)}%" height="100%"/>${mark}</g>`;
  });
  return html`<svg width="100%" height="${HEIGHT}" aria-hidden="true">${labels}</svg>
<svg class="plot" width="100%" height="${HEIGHT}" role="img" aria-label="${text}"><svg viewBox="0 0 100 ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none"><path class="under" d="${area(xOf, HEIGHT, yOf)([...points])}"/><path class="line" d="${line(xOf, yOf)([...points])}"/></svg>${lines}${marks}</svg>`;
}
