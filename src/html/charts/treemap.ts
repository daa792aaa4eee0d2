import { type HierarchyNode, type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { sum } from '../../common/sum.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { countOf } from '../format.ts';
import { html, type Markup } from '../markup.ts';

/** A node of the treemap: a leaf has bytes, a group has children. */
export interface MapNode {
  readonly name: string;
  readonly bytes?: number;
  readonly href?: string | undefined;
  readonly children?: readonly MapNode[];
  /** For a leaf that sums up several things, because they are too small or not known one by one: how many. */
  readonly others?: number;
}

/** The plane on which nodes are laid out; horizontally they are drawn in per cent of it, to fit any width. */
const WIDTH = 1200;
const HEIGHT = 520;
const HEADER = 20;
const TONES = 10;
/** Each team gets a colour, for everything in it: the root is at depth 0, and registries are above teams. */
const COLOURED_DEPTH = 2;
/** A smaller share of the whole could not be seen or clicked: each group's nodes below it are drawn as one. */
export const SMALLEST_SHARE = 0.0015;

/**
 * A treemap: nested rectangles whose area shows bytes, groups with a header, leaves with a name where there is room.
 * However many nodes there are, it draws at most 1 / SMALLEST_SHARE leaves, and one more in each group for the others.
 * @param label what the map shows, for screen readers
 */
export function treemapChart(root: MapNode, label: string): Markup {
  const sized = hierarchy(withOthers(root, bytesOf(root) * SMALLEST_SHARE), ({ children }) => children && [...children])
    .sum(({ bytes }) => bytes ?? 0)
    .sort((a, b) => Number(isRest(a)) - Number(isRest(b)) || (b.value ?? 0) - (a.value ?? 0) || byName(a, b));
  const layout = treemap<MapNode>()
    .tile(treemapSquarify)
    .size([WIDTH, HEIGHT])
    .paddingInner(1)
    .paddingOuter(1)
    .paddingTop(({ depth }) => (depth === 0 ? 0 : HEADER));
  const nodes = layout(sized)
    .descendants()
    .filter(({ depth, x0, x1, y0, y1 }) => depth > 0 && x1 - x0 > 1 && y1 - y0 > 1);
  const tones = tonesOf(sized);
  return html`<svg class="treemap" width="100%" height="${HEIGHT}" role="group" aria-label="${label}">${nodes.map(
    (node) => drawNode(node, tones.get(teamOf(node)?.data.name ?? '')),
  )}</svg>`;
}

function bytesOf({ children, bytes = 0 }: MapNode): number {
  return children ? sum(children.map(bytesOf)) : bytes;
}

/** Sums up the small children of each group in one leaf; a single small child stays as it is. */
function withOthers(node: MapNode, smallest: number): MapNode {
  if (!node.children) return node;
  const isSmall = (child: MapNode): boolean => child.others !== undefined || bytesOf(child) < smallest;
  const small = node.children.filter(isSmall);
  const children = node.children.filter((child) => !isSmall(child)).map((child) => withOthers(child, smallest));
  if (small.length === 0) return { ...node, children };
  if (small.length === 1) return { ...node, children: [...children, ...small] };
  const others = sum(small.map((child) => child.others ?? 1));
  const bytes = sum(small.map(bytesOf));
  return { ...node, children: [...children, { name: countOf(others, 'other'), bytes, others }] };
}

function isRest({ data }: HierarchyNode<MapNode>): boolean {
  return data.others !== undefined;
}

function byName(a: HierarchyNode<MapNode>, b: HierarchyNode<MapNode>): number {
  return a.data.name < b.data.name ? -1 : 1;
}

function tonesOf(root: HierarchyNode<MapNode>): ReadonlyMap<string, number> {
  const names = root.descendants().flatMap((node) => (node.depth === COLOURED_DEPTH ? [node.data.name] : []));
  return new Map([...new Set(names)].map((name, index) => [name, index % TONES]));
}

function teamOf(node: HierarchyNode<MapNode>): HierarchyNode<MapNode> | undefined {
  return node.ancestors().find(({ depth }) => depth === COLOURED_DEPTH);
}

function drawNode(node: HierarchyRectangularNode<MapNode>, tone: number | undefined): Markup {
  const { data, value = 0, x0, x1, y0, y1, children } = node;
  const kind = children ? 'group' : data.others === undefined ? `leaf tone${tone ?? 0}` : 'leaf rest';
  const path = node.ancestors().reverse().slice(1);
  const title = `${path.map((ancestor) => ancestor.data.name).join(' › ')}: ${humanBytes(value)}`;
  const size = humanBytes(value);
  // An accessible name should begin with the visible text.
  const accessibleName = `${data.name} ${children ? '· ' : ''}${size}, ${title}`;
  const name = html`<bdi>${data.name}</bdi>`;
  const seen = children ? html`<span>${name} · ${size}</span>` : html`<span>${name}</span> <span>${size}</span>`;
  const inside = html`<title>${title}</title><rect class="${kind}" width="100%" height="100%"/>
<foreignObject width="100%" height="${children ? HEADER : '100%'}"><div class="place${children ? ' head' : ''}">${seen}</div></foreignObject>`;
  return html`<svg x="${ofWidth(x0)}" y="${y0}" width="${ofWidth(x1 - x0)}" height="${y1 - y0}">${
    data.href === undefined ? inside : html`<a href="${data.href}" aria-label="${accessibleName}">${inside}</a>`
  }</svg>`;
}

function ofWidth(part: number): string {
  return `${((part / WIDTH) * 100).toFixed(3)}%`;
}
