import type { KeyPath } from './file.ts';

/** Settings from one origin, not checked yet. */
export interface Layer {
  readonly value: unknown;
  /** Where this layer sets what stands at a path, for an error; undefined when it does not. */
  placeOf(path: KeyPath): string | undefined;
}

/** A single setting, with the name of the flag or variable it came from. */
export interface Assignment {
  readonly name: string;
  readonly path: KeyPath;
  readonly value: unknown;
}

/** A layer of single settings; of two for the same path, the first counts. */
export function layerOf(assignments: readonly Assignment[]): Layer {
  return {
    value: mergeAll(assignments.map(({ path, value }) => nest(path, value))),
    placeOf: (path) => assignments.find((assignment) => assignment.path.every((step, at) => step === path[at]))?.name,
  };
}

/** One tree of several, the first strongest: objects are merged key by key, anything else is taken whole. */
export function mergeAll(values: readonly unknown[]): unknown {
  return values.reduceRight((weaker: unknown, stronger) => merge(weaker, stronger), {});
}

function merge(weaker: unknown, stronger: unknown): unknown {
  // A key with nothing behind it is what is left when its lines were commented out.
  if (stronger === undefined || stronger === null) return weaker;
  if (!isTree(weaker) || !isTree(stronger)) return stronger;
  const merged = new Map(Object.entries(weaker));
  for (const [key, value] of Object.entries(stronger)) merged.set(key, merge(merged.get(key), value));
  return Object.fromEntries(merged);
}

function nest(path: KeyPath, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value);
}

/** The value that a path of keys leads to; undefined where it leads nowhere. */
export function valueAt(tree: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, step) => (isTree(inner) ? inner[String(step)] : undefined), tree);
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
