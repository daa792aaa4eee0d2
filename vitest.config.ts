import { defineConfig } from 'vitest/config';

const fixedSeed = 'test/support/fixed-seed.ts';
const shared = {
  environment: 'node' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  setupFiles: [fixedSeed],
};
const withServices = { ...shared, globalSetup: ['test/support/postgres-setup.ts'] };

export default defineConfig({
  test: {
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/build.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: [fixedSeed, 'test/support/no-network.ts'],
        },
      },
      {
        test: {
          ...withServices,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      { test: { ...withServices, name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
});
