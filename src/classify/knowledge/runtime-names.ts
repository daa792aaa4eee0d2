import table from '../../../config/runtime-names.json' with { type: 'json' };
import type { Runtime } from '../verdict.ts';

/** What shows a runtime by its name. */
type Kind = 'variables' | 'repositories' | 'programs' | 'buildpacks' | 'bitnami' | 'nix';

const ROWS = Object.entries(table.runtimes) as [Runtime, Readonly<Partial<Record<Kind, string>>>][];

/** The runtimes by their names of one kind, in the table's order. */
export function runtimesBy(kind: Kind): ReadonlyMap<string, Runtime> {
  return new Map(ROWS.flatMap(([runtime, names]) => (names[kind]?.split(' ') ?? []).map((name) => [name, runtime])));
}
