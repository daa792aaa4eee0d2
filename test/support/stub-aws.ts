import { vi } from 'vitest';

/** Sets a region, credentials and a single attempt for AWS's clients, until `vi.unstubAllEnvs()`. */
export function stubAws(): void {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
}
