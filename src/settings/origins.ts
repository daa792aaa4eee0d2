/** The path to a value in a tree of settings: keys, and indexes into lists. */
export type KeyPath = readonly PropertyKey[];

/** Settings from one origin (the flags, the environment, or a file), not validated yet. */
export interface SettingsOrigin {
  readonly value: unknown;
  /**
   * Where the value at a path is set, for errors: a flag, a variable, or `slimboard.yaml:12`, the line of the deepest part of
   * the path that the file sets; undefined if it is not set here.
   */
  placeOf(path: KeyPath): string | undefined;
}

/** A single setting, with the name of its flag or variable. */
export interface Assignment {
  readonly name: string;
  readonly path: KeyPath;
  readonly value: unknown;
}

/** Makes an origin of single settings; if two set the same path, the first wins. */
export function originOf(assignments: readonly Assignment[]): SettingsOrigin {
  return {
    value: mergeAll(assignments.map(({ path, value }) => nest(path, value))),
    placeOf: (path) => assignments.find((assignment) => assignment.path.every((step, at) => step === path[at]))?.name,
  };
}

/** Merges trees, earlier ones over later ones: objects are merged key by key, other values are replaced as a whole. */
export function mergeAll(values: readonly unknown[]): unknown {
  return values.reduceRight((weaker: unknown, stronger) => merge(weaker, stronger), {});
}

function merge(weaker: unknown, stronger: unknown): unknown {
  // A key without a value, as when the lines under it are commented out, sets nothing.
  if (stronger === undefined || stronger === null) return weaker;
  if (!isTree(weaker) || !isTree(stronger)) return stronger;
  const merged = new Map(Object.entries(weaker));
  for (const [key, value] of Object.entries(stronger)) merged.set(key, merge(merged.get(key), value));
  return Object.fromEntries(merged);
}

function nest(path: KeyPath, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value);
}

/** The value at a path of keys; undefined when there is none. */
export function valueAt(tree: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, step) => (isTree(inner) ? inner[String(step)] : undefined), tree);
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
