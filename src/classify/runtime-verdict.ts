import type { Judged, Runtime } from './verdict.ts';

/** A runtime with its version, where known. */
export type RuntimeVerdict = Judged<{ readonly name: Runtime; readonly version?: string }>;

/** Makes a runtime verdict. Manifest and config never prove a runtime, so its confidence is always `inferred`. */
export function inferredRuntime(name: Runtime, version: string | undefined, evidence: string): RuntimeVerdict {
  return { value: version === undefined ? { name } : { name, version }, confidence: 'inferred', evidence };
}
