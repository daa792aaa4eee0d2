import { PART, type PackedRows, RUN_END, type Run, unpacker } from './packed-rows.ts';
import type { Cells, Column } from './report.ts';

/** Reads packed rows run by run, in the order of the columns; what a part brings is read once for all its rows. */
export class RowReader<T> {
  readonly #runs: readonly { readonly shared: boolean; readonly read: (packed: string) => T; readonly place: number }[];
  readonly #ownRuns: number;
  readonly #parts = new Map<string, readonly T[]>();
  #rowsFollowed = false;

  /** @param reading gives what reads the packed cells of some columns */
  constructor(runs: readonly Run[], reading: (columns: readonly Column[]) => (packed: string) => T) {
    this.#runs = runs.map((run) => {
      const alike = runs.filter(({ shared }) => shared === run.shared);
      return { shared: run.shared, read: reading(run.columns), place: alike.indexOf(run) };
    });
    this.#ownRuns = runs.filter(({ shared }) => !shared).length;
  }

  /** The rows among some lines, each as what was read of its runs. */
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

  /** Parts come together, and hold until others come: so few are kept at a time. */
  #addPart(key: string, packed: readonly string[]): void {
    if (this.#rowsFollowed) this.#parts.clear();
    this.#rowsFollowed = false;
    this.#parts.set(key, this.#readShared(packed));
  }

  #readRow(key: string, packed: readonly string[]): readonly T[] {
    this.#rowsFollowed = true;
    const shared = this.#parts.get(key) ?? this.#readShared(packed.slice(this.#ownRuns));
    return this.#runs.map((run) => (run.shared ? (shared[run.place] as T) : run.read(packed[run.place] ?? '')));
  }

  #readShared(packed: readonly string[]): readonly T[] {
    return this.#runs.filter(({ shared }) => shared).map(({ read, place }) => read(packed[place] ?? ''));
  }
}

/** The rows as cells, batch by batch. */
export async function* unpackRows({ runs, lines }: PackedRows): AsyncGenerator<readonly Cells[]> {
  const reader = new RowReader(runs, unpacker);
  for await (const batch of lines) yield reader.read(batch).map((cells) => cells.flat());
}
