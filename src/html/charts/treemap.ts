import { type HierarchyNode, type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { humanBytes } from '../../measure/human-bytes.ts';
import { countOf } from '../figures.ts';
import { html, type Markup } from '../markup.ts';

/** A place in the map: a leaf has bytes, a group has children. */
export interface MapNode {
  readonly name: string;
  readonly bytes?: number;
  readonly href?: string | undefined;
  readonly children?: readonly MapNode[];
  /** How many things a leaf stands for, where it sums up those that are too small, or not known one by one. */
  readonly others?: number;
}

export interface MapOptions {
  readonly label: string;
  /** Groups at this depth have a colour each, which all that is in them wears; the root is at 0. */
  readonly colouredDepth: number;
}

/** The plane that places are laid out on; they are drawn in per cent of it, so that the map fits any width. */
const WIDTH = 1200;
const HEIGHT = 520;
const HEADER = 20;
const TONES = 10;
/** What is smaller than so much of the whole cannot be seen or hit: of each group, such places are drawn as one. */
const SMALLEST_SHARE = 0.0015;

/**
 * Nested rectangles, their area the bytes: groups with a header, leaves named where there is room. However many places
 * there are, at most 1 / SMALLEST_SHARE are drawn, and one more in each group for the others.
 */
export function treemapChart(root: MapNode, { label, colouredDepth }: MapOptions): Markup {
  const sum = (node: MapNode): number =>
    node.children ? node.children.reduce((total, child) => total + sum(child), 0) : (node.bytes ?? 0);
  const sized = hierarchy(
    withOthers(root, sum, sum(root) * SMALLEST_SHARE),
    ({ children }) => children && [...children],
  )
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
  const tones = tonesOf(sized, colouredDepth);
  return html`<svg class="treemap" width="100%" height="${HEIGHT}" role="group" aria-label="${label}">${nodes.map(
    (node) => place(node, tones.get(ancestorAt(node, colouredDepth)?.data.name ?? '')),
  )}</svg>`;
}

/** Small children of each group become one leaf; a child alone stays what it is. */
function withOthers(node: MapNode, sum: (node: MapNode) => number, smallest: number): MapNode {
  if (!node.children) return node;
  const isSmall = (child: MapNode): boolean => child.others !== undefined || sum(child) < smallest;
  const small = node.children.filter(isSmall);
  const children = node.children.filter((child) => !isSmall(child)).map((child) => withOthers(child, sum, smallest));
  if (small.length === 0) return { ...node, children };
  if (small.length === 1) return { ...node, children: [...children, ...small] };
  const others = small.reduce((total, child) => total + (child.others ?? 1), 0);
  const bytes = small.reduce((total, child) => total + sum(child), 0);
  return { ...node, children: [...children, { name: countOf(others, 'other'), bytes, others }] };
}

function isRest({ data }: HierarchyNode<MapNode>): boolean {
  return data.others !== undefined;
}

function byName(a: HierarchyNode<MapNode>, b: HierarchyNode<MapNode>): number {
  return a.data.name < b.data.name ? -1 : 1;
}

function tonesOf(root: HierarchyNode<MapNode>, depth: number): ReadonlyMap<string, number> {
  const names = root.descendants().flatMap((node) => (node.depth === depth ? [node.data.name] : []));
  return new Map([...new Set(names)].map((name, index) => [name, index % TONES]));
}

function ancestorAt<T extends HierarchyNode<MapNode>>(node: T, depth: number): HierarchyNode<MapNode> | undefined {
  return node.ancestors().find((ancestor) => ancestor.depth === depth);
}

function place(node: HierarchyRectangularNode<MapNode>, tone: number | undefined): Markup {
  const { data, value = 0, x0, x1, y0, y1, children } = node;
  const kind = children ? 'group' : data.others === undefined ? `leaf tone${tone ?? 0}` : 'leaf rest';
  const path = node.ancestors().reverse().slice(1);
  const title = `${path.map((ancestor) => ancestor.data.name).join(' › ')}: ${humanBytes(value)}`;
  const size = humanBytes(value);
  // Begins with the words that are seen.
  const spoken = `${data.name} ${children ? '· ' : ''}${size}, ${title}`;
  const seen = children
    ? html`<span>${data.name} · ${size}</span>`
    : html`<span>${data.name}</span><span>${size}</span>`;
  const inside = html`<title>${title}</title><rect class="${kind}" width="100%" height="100%"/>
<foreignObject width="100%" height="${children ? HEADER : '100%'}"><div class="place${children ? ' head' : ''}">${seen}</div></foreignObject>`;
  return html`<svg x="${perCent(x0, WIDTH)}" y="${y0}" width="${perCent(x1 - x0, WIDTH)}" height="${y1 - y0}">${
    data.href === undefined ? inside : html`<a href="${data.href}" aria-label="${spoken}">${inside}</a>`
  }</svg>`;
}

function perCent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(3)}%`;
}
