import type { Judged, Runtime } from './verdict.ts';

export type RuntimeVerdict = Judged<{ readonly name: Runtime; readonly version?: string }>;

/** Nothing in manifest or config proves a runtime: each verdict is inferred, from what its evidence names. */
export function judged(name: Runtime, version: string | undefined, evidence: string): RuntimeVerdict {
  return { value: version === undefined ? { name } : { name, version }, confidence: 'inferred', evidence };
}
