import { vi } from 'vitest';

/** Resolves when a check passes, however busy the machine is; Vitest's own patience is one second. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000 });
}
