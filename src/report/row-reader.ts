import { PART, type PackedRows, RUN_END, type Run, unpacker } from './packed-rows.ts';
import type { Cells, Column } from './report.ts';

/**
 * Reads packed rows run by run, in the order of the columns. The shared runs of a part are read once for all its rows.
 * @typeParam T what the cells of one run are read as: cells, or text in some format
 */
export class RowReader<T> {
  /** `position` counts among the shared runs, or among the others. */
  readonly #runs: readonly {
    readonly shared: boolean;
    readonly read: (packed: string) => T;
    readonly position: number;
  }[];
  readonly #ownRuns: number;
  readonly #parts = new Map<string, readonly T[]>();
  #rowsFollowed = false;

  /** @param readerOf returns a function that reads the packed cells of these columns */
  constructor(runs: readonly Run[], readerOf: (columns: readonly Column[]) => (packed: string) => T) {
    this.#runs = runs.map((run) => {
      const alike = runs.filter(({ shared }) => shared === run.shared);
      return { shared: run.shared, read: readerOf(run.columns), position: alike.indexOf(run) };
    });
    this.#ownRuns = runs.filter(({ shared }) => !shared).length;
  }

  /**
   * Reads a batch of lines.
   * @returns its rows, each with one value for each run; parts are remembered for later rows
   */
  read(lines: readonly string[]): readonly (readonly T[])[] {
    if (this.#runs.length === 1) return lines.map((line) => this.#runs.map(({ read }) => read(line)));
    const rows: (readonly T[])[] = [];
    for (const line of lines) {
      const [key = '', ...packed] = line.split(RUN_END);
      if (key.startsWith(PART)) this.#addPart(key.slice(PART.length), packed);
      else rows.push(this.#readRow(key, packed));
    }
    return rows;
  }

  /** A group of parts is followed by its rows; the next group replaces it, so that few parts are in memory. */
  #addPart(key: string, packed: readonly string[]): void {
    if (this.#rowsFollowed) this.#parts.clear();
    this.#rowsFollowed = false;
    this.#parts.set(key, this.#readShared(packed));
  }

  #readRow(key: string, packed: readonly string[]): readonly T[] {
    this.#rowsFollowed = true;
    const shared = this.#parts.get(key) ?? this.#readShared(packed.slice(this.#ownRuns));
    return this.#runs.map((run) => (run.shared ? (shared[run.position] as T) : run.read(packed[run.position] ?? '')));
  }

  #readShared(packed: readonly string[]): readonly T[] {
    return this.#runs.filter(({ shared }) => shared).map(({ read, position }) => read(packed[position] ?? ''));
  }
}

/** Unpacks rows into cells, batch by batch. */
export async function* unpackRows({ runs, lines }: PackedRows): AsyncGenerator<readonly Cells[]> {
  const reader = new RowReader(runs, unpacker);
  for await (const batch of lines) yield reader.read(batch).map((cells) => cells.flat());
}
