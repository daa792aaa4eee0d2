/** A measured figure with its goal; docs/performance.md says where the goals come from. */
export interface Result {
  readonly name: string;
  readonly unit: '' | 'x' | 'MB' | 'kB' | 's' | '%' | 'MB/s' | 'tags/s';
  /** One per round; their median is compared with the goal. */
  readonly samples: readonly number[];
  readonly goal?: Goal;
}

/** What a figure should reach. */
export interface Goal {
  readonly better: 'more' | 'less';
  /** The limit that releases have to keep. */
  readonly must: number;
  /** What a prototype has shown to be possible. */
  readonly aim: number;
}

/** A figure as computed from each sample. */
type Row<Sample> = readonly [name: string, unit: Result['unit'], figureOf: (sample: Sample) => number, goal?: Goal];

/** The figures of samples, one for each row. */
export function figuresOf<Sample>(samples: readonly Sample[], rows: readonly Row<Sample>[]): readonly Result[] {
  return rows.map(([name, unit, figureOf, goal]) => ({
    name,
    unit,
    samples: samples.map(figureOf),
    ...(goal ? { goal } : {}),
  }));
}

/** The goal of a figure that should be large: the limit that releases have to keep, and what is possible. */
export function atLeast(must: number, aim: number): Goal {
  return { better: 'more', must, aim };
}

/** The goal of a figure that should be small: the limit that releases have to keep, and what is possible. */
export function atMost(must: number, aim: number): Goal {
  return { better: 'less', must, aim };
}

/** The stricter limit that a figure reaches; `SHORT` when it reaches none, empty when it has no goal. */
export type Verdict = 'aim' | 'must' | 'SHORT' | '';

/** NaN without samples. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Compares the median of a figure with its goal. */
export function verdictOf({ samples, goal }: Result): Verdict {
  if (!goal) return '';
  const sign = goal.better === 'more' ? 1 : -1;
  const reached = (limit: number) => sign * median(samples) >= sign * limit;
  return reached(goal.aim) ? 'aim' : reached(goal.must) ? 'must' : 'SHORT';
}

const HEADINGS = ['', 'median', 'range', 'must', 'aim', 'reached'];

/** A table with a line for each figure: name, median, range, the two limits of the goal, and the verdict. */
export function formatTable(results: readonly Result[]): string {
  const rows = [HEADINGS, ...results.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => `${row.map(align).join('  ').trimEnd()}\n`).join('');
}

function rowOf(result: Result): readonly string[] {
  const { name, unit, samples, goal } = result;
  const range = samples.length > 1 ? `${show(Math.min(...samples))}-${show(Math.max(...samples))}` : '';
  const limits = goal ? [show(goal.must), show(goal.aim)] : ['', ''];
  return [name, `${show(median(samples))} ${unit}`.trim(), range, ...limits, verdictOf(result)];
}

function show(value: number): string {
  return Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
