import { afterEach, beforeEach } from 'vitest';
import { currentOf } from './current.ts';
import { type RegistryServer, type RegistryServerOptions, startRegistry } from './registry-server.ts';

/** Gives each test of a suite an empty registry of its own, and closes it after the test. */
export function useRegistry(options: RegistryServerOptions = {}): RegistryServer {
  const { current, set } = currentOf<RegistryServer>();
  beforeEach(async () => set(await startRegistry(options)));
  afterEach(() => current.close());
  return current;
}
