import type { SqlValue } from './database.ts';

/** A message from the program to the thread that runs PGlite. */
export type ThreadRequest = { readonly id: number } & (
  | { readonly op: 'query'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly op: 'fetch'; readonly sql: string }
  | { readonly op: 'close' }
);

/**
 * The thread's answer to the request with the same id: rows of a query, joined texts of a fetch, or an error.
 */
export type ThreadAnswer =
  | { readonly id: number; readonly rows?: readonly unknown[]; readonly text?: string }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string } };

/**
 * Texts are sent between threads as one string, which is faster than copying a list item by item. Each ends with NUL,
 * which no text of Postgres can contain.
 */
const END = '\0';

/** Joins texts for a message between threads; undone by {@link splitTexts}. */
export function joinTexts(texts: readonly string[]): string {
  return texts.map((text) => text + END).join('');
}

/** Splits what {@link joinTexts} joined. */
export function splitTexts(joined = ''): readonly string[] {
  return joined.split(END).slice(0, -1);
}

/** The thread's start parameters. `templateFile` saves creating an empty database. */
export interface ThreadOptions {
  readonly dataDir: string;
  /** Whether only few statements will run. */
  readonly brief: boolean;
  readonly templateFile?: string;
}

/** The thread's first message: the database is open, or why it cannot be. */
export type ThreadReady = { readonly ready: true } | { readonly ready: false; readonly message: string };
