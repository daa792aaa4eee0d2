import { type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { humanBytes } from '../../measure/human-bytes.ts';
import { html, type Markup } from '../markup.ts';

/** A place in the map: a leaf has bytes, a group has children. */
export interface MapNode {
  readonly name: string;
  readonly bytes?: number;
  readonly href?: string | undefined;
  readonly children?: readonly MapNode[];
}

/** The plane that places are laid out on; they are drawn in per cent of it, so that the map fits any width. */
const WIDTH = 1200;
const HEIGHT = 460;
const HEADER = 20;
const TONES = 10;

/** Nested rectangles, their area the bytes: groups with a header, leaves named where there is room. */
export function treemapChart(root: MapNode, label: string): Markup {
  const layout = treemap<MapNode>()
    .tile(treemapSquarify)
    .size([WIDTH, HEIGHT])
    .paddingInner(2)
    .paddingOuter(1)
    .paddingTop(({ depth }) => (depth === 0 ? 0 : HEADER));
  const sized = hierarchy(root, ({ children }) => (children ? [...children] : undefined))
    .sum(({ bytes }) => bytes ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || (a.data.name < b.data.name ? -1 : 1));
  const nodes = layout(sized)
    .descendants()
    .filter(({ depth, x0, x1, y0, y1 }) => depth > 0 && x1 - x0 > 1 && y1 - y0 > 1);
  const tones = tonesOf(sized);
  return html`<svg class="treemap" width="100%" height="${HEIGHT}" role="group" aria-label="${label}">${nodes.map(
    (node) => place(node, tones),
  )}</svg>`;
}

/** Every team has its colour, whatever the registry it is shown in. */
function tonesOf(
  root: HierarchyRectangularNode<MapNode> | ReturnType<typeof hierarchy<MapNode>>,
): ReadonlyMap<string, number> {
  const tones = new Map<string, number>();
  for (const { parent } of root.leaves())
    if (parent && !tones.has(parent.data.name)) tones.set(parent.data.name, tones.size % TONES);
  return tones;
}

function place(node: HierarchyRectangularNode<MapNode>, tones: ReadonlyMap<string, number>): Markup {
  const { data, value = 0, x0, x1, y0, y1, children, parent } = node;
  const kind = children ? 'group' : `leaf tone${tones.get(parent?.data.name ?? '') ?? 0}`;
  const title = `${node
    .ancestors()
    .reverse()
    .slice(1)
    .map((ancestor) => ancestor.data.name)
    .join(' › ')}: ${humanBytes(value)}`;
  const name = nameIn(node);
  const inside = html`<title>${title}</title><rect class="${kind}" width="100%" height="100%"/>${name}`;
  return html`<svg x="${perCent(x0, WIDTH)}" y="${y0}" width="${perCent(x1 - x0, WIDTH)}" height="${y1 - y0}">${
    data.href === undefined
      ? inside
      : html`<a href="${data.href}"${name ? null : html` aria-label="${title}"`}>${inside}</a>`
  }</svg>`;
}

function nameIn({ data, value = 0, x0, x1, y0, y1, children }: HierarchyRectangularNode<MapNode>): Markup | null {
  const width = x1 - x0;
  if (children)
    return width < 50 ? null : html`<text class="head" x="5" y="14">${data.name} · ${humanBytes(value)}</text>`;
  if (width < 44 || y1 - y0 < 18) return null;
  const size = y1 - y0 < 34 ? null : html`<text class="size" x="5" y="30">${humanBytes(value)}</text>`;
  return html`<text x="5" y="15">${data.name}</text>${size}`;
}

function perCent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(3)}%`;
}
