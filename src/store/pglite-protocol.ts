import type { SqlValue } from './database.ts';

/** Messages between the program and the thread in which PGlite runs. */
export type ThreadRequest = { readonly id: number } & (
  | { readonly op: 'query'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly op: 'fetch'; readonly sql: string }
  | { readonly op: 'dump' }
  | { readonly op: 'close' }
);

export type ThreadAnswer =
  | { readonly id: number; readonly rows?: readonly unknown[]; readonly text?: string; readonly dump?: Uint8Array }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string } };

/** Texts travel as one, each ended by the character that no text of Postgres may hold: a list is copied item by item. */
const END = '\0';

/** Joins texts for a message between threads, see {@link splitTexts}. */
export function joinTexts(texts: readonly string[]): string {
  return texts.map((text) => text + END).join('');
}

/** The texts that {@link joinTexts} joined. */
export function splitTexts(joined = ''): readonly string[] {
  return joined.split(END).slice(0, -1);
}

/** What the thread is started with; `templateFile` saves the creation of an empty database. */
export interface ThreadOptions {
  readonly dataDir: string;
  /** Whether its statements will be few. */
  readonly brief: boolean;
  readonly templateFile?: string;
}

/** The thread's first message: the database is open, or why not. */
export type ThreadReady = { readonly ready: true } | { readonly ready: false; readonly message: string };
