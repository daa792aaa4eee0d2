import type { Runtime, RuntimeVerdict } from './verdict.ts';

/** Makes a runtime verdict. Manifest and config never prove a runtime, so its confidence is always `inferred`. */
export function inferredRuntime(name: Runtime, version: string | undefined, evidence: string): RuntimeVerdict {
  return { value: version === undefined ? { name } : { name, version }, confidence: 'inferred', evidence };
}
