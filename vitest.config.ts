import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const fixedSeed = 'test/support/fixed-seed.ts';
const temporaryFolder = 'test/support/temporary-folder.ts';
const shared = {
  environment: 'node' as const,
  // Timeouts end what hangs. They say nothing of speed: with other work on the machine, a test takes ten times as long.
  testTimeout: 60_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 30_000 } },
  setupFiles: [fixedSeed],
  globalSetup: [temporaryFolder],
};
/** Loading the program anew for each file takes longer than most of their tests. */
const sharedModules = { ...shared, isolate: false };
const withServices = { globalSetup: [temporaryFolder, 'test/support/postgres-setup.ts'] };

export default defineConfig({
  test: {
    // Tests wait for servers and processes much of the time: no processor needs to be left for Vitest itself.
    maxWorkers: availableParallelism(),
    // A busy machine may need longer than Vitest's ten seconds to end a worker: that is no failure.
    teardownTimeout: 60_000,
    // Vitest calls this after what the projects name.
    globalSetup: ['test/support/build.ts'],
    projects: [
      {
        test: {
          ...sharedModules,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: [fixedSeed, 'test/support/no-network.ts'],
        },
      },
      {
        test: {
          ...sharedModules,
          ...withServices,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 180_000,
        },
      },
      { test: { ...shared, ...withServices, name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 300_000 } },
    ],
  },
});
