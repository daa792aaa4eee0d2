import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layerBar } from '../../../src/html/charts/layer-bar.ts';
import { treemapChart } from '../../../src/html/charts/treemap.ts';
import { trendChart, trendCharts } from '../../../src/html/charts/trend.ts';

test('the bar of an image is as wide as its layers, with the mark where the base ends, and a legend of their sums', () => {
  const layers = [
    { bytes: 70, class: 'base' },
    { bytes: 5, class: 'base' },
    { bytes: 20, class: 'dependencies' },
    { bytes: 5, class: 'none' },
    { bytes: 0, class: 'application' },
  ].map((layer, position) => ({ position, ...layer }));
  const svg = String(layerBar(layers));
  const drawn = [...svg.matchAll(/class="layer [\w-]+" x="([\d.]+)%" width="([\d.]+)%"/g)];
  expect(drawn.map(([, ...place]) => place.map(Number))).toEqual([
    [0, 70],
    [70, 5],
    [75, 20],
    [95, 5],
    [100, 0],
  ]);
  expect(svg).toContain('class="boundary" x1="75.000%"');
  expect([...svg.matchAll(/<\/svg> (.*?) <b>(.*?)<\/b>/g)].map(([, ...entry]) => entry)).toEqual([
    ['base', '75 B'],
    ['dependencies', '20 B'],
    ['other', '5 B'],
  ]);
  expect(String(layerBar(layers.slice(2)))).not.toContain('boundary');
});

test('an image without bytes has a bar without width', () => {
  expect(String(layerBar([{ position: 0, bytes: 0, class: 'base' }]))).toContain('width="0.000%"');
});

test('nodes of the map have areas in proportion to their bytes', () => {
  const leaf = (name: string, bytes: number) => ({ name, bytes });
  const root = {
    name: 'all',
    children: [{ name: 'r', children: [{ name: 't', children: [leaf('a', 300), leaf('b', 100)] }] }],
  };
  const svg = String(treemapChart(root, 'Bytes'));
  const areas = [...svg.matchAll(/width="([\d.]+)%" height="([\d.]+)"><title>r › t › ([ab]):/g)].map(
    ([, w, h]) => Number(w) * Number(h),
  );
  expect(areas).toHaveLength(2);
  expect((areas[0] ?? 0) / (areas[1] ?? 1)).toBeCloseTo(3, 0);
});

test('a link of the map is named by the text that is seen, and a name from right to left does not reorder it', () => {
  const children = [{ name: '1.0', bytes: 450_000_000, href: '/images/a' }];
  const root = { name: 'all', children: [{ name: 'צוות', href: '/teams/a', children }] };
  const svg = String(treemapChart(root, 'Bytes'));
  const links = [...svg.matchAll(/<a [^>]*aria-label="([^"]*)".*?<foreignObject[^>]*>(.*?)<\/foreignObject>/gs)];
  const seen = links.map(([, , inside = '']) => inside.replace(/<[^>]*>/g, ''));
  expect(seen).toEqual(['צוות · 450 MB', '1.0 450 MB']);
  for (const [at, [, name = '']] of links.entries()) expect(name).toContain(seen[at]);
  expect(svg).toContain('<bdi>צוות</bdi> · 450 MB');
});

test('a map of any number of nodes stays small: those too small to see are drawn as one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { minLength: 1, maxLength: 3_000 }), (sizes) => {
      const children = sizes.map((bytes, place) => ({ name: `image ${place}`, bytes }));
      const svg = String(treemapChart({ name: 'all', children: [{ name: 't', children }] }, 'Bytes'));
      expect(svg.match(/<rect/g)?.length ?? 0).toBeLessThanOrEqual(700);
    }),
    { numRuns: 20 },
  );
});

test('small nodes are summed up, with their number', () => {
  const small = Array.from({ length: 40 }, (_, place) => ({ name: `s${place}`, bytes: 1 }));
  const root = { name: 'all', children: [{ name: 't', children: [{ name: 'big', bytes: 10_000 }, ...small] }] };
  const svg = String(treemapChart(root, 'Bytes'));
  expect(svg).not.toContain('s39');
  expect(svg).toContain('t › 40 others: 40 B');
});

test('nodes that sum up others count as many as those', () => {
  const children = [
    { name: 'big', bytes: 10_000 },
    { name: 'a small one', bytes: 1 },
    { name: '7 others', bytes: 500, others: 7 },
  ];
  const root = { name: 'all', children: [{ name: 't', children }] };
  expect(String(treemapChart(root, 'Bytes'))).toContain('t › 8 others: 501 B');
});

test('nodes without an area, and the whole, are not drawn', () => {
  const children = [
    { name: 'a', bytes: 1_000 },
    { name: 'empty', bytes: 0 },
  ];
  const svg = String(treemapChart({ name: 'all', children }, 'Bytes'));
  expect(svg.match(/<title>[^<:]*/g)).toEqual(['<title>a']);
});

test('a trend shows its last figure, and the change since the first', () => {
  const points = [
    { at: '2026-11-01T02:00:00Z', bytes: 2_000_000 },
    { at: '2026-11-02T02:00:00Z', bytes: 1_000_000 },
  ];
  expect(String(trendChart('Stored', points))).toContain('Stored: 1.0 MB, -1.0 MB since 2026-11-01');
  expect(String(trendChart('Stored', points.slice(0, 1)))).toContain('Stored: 2.0 MB since 2026-11-01 02:00 UTC.');
});

test('a trend shows the figure of each audit, on a scale from zero', () => {
  const points = Array.from({ length: 200 }, (_, day) => ({
    at: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    bytes: 1_000_000 * (day + 1),
  }));
  const svg = String(trendChart('Stored', points));
  expect(svg).toContain('<title>Stored, 2026-01-03: 3.0 MB</title>');
  expect(svg.match(/class="at"/g)).toHaveLength(200);
  expect([...svg.matchAll(/<text [^>]*>([^<]+)</g)].map(([, text]) => text)).toEqual([
    '50.0 MB',
    '100 MB',
    '150 MB',
    '200 MB',
  ]);
  // The labels are beside the chart, where they cover no point.
  expect(svg.indexOf('class="plot"')).toBeGreaterThan(svg.lastIndexOf('<text'));
  // Places on the line fill the width, without a gap in which nothing is said.
  const bands = [...svg.matchAll(/<rect x="([\d.]+)%" width="([\d.]+)%"/g)].map(([, x, width]) => [
    Number(x),
    Number(width),
  ]);
  expect(bands.reduce((sum, [, width = 0]) => sum + width, 0)).toBeCloseTo(100, 0);
});

test('charts of several things have headings, of one none; what is not stored has no chart', () => {
  const points = [1, 2].map((day) => ({ at: `2026-11-0${day}T02:00:00Z`, storedBytes: null, logicalBytes: day }));
  const base = { title: 'debian', points };
  const [one, two, none] = [[base], [base, { ...base, title: 'alpine' }], []].map((each) => String(trendCharts(each)));
  expect(one).not.toContain('<h3>');
  expect(two).toMatch(/<h3>debian<.*<h3>alpine</s);
  expect(one?.match(/<figcaption>[^:]*/g)).toEqual(['<figcaption>Logical']);
  expect(none).toContain('class="empty"');
});
