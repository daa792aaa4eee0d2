#!/usr/bin/env node
// The worker as a process of its own: `slimboard worker`, for those who start processes by file.
process.argv.splice(2, 0, 'worker');
await import('../src/cli/main.ts');

export {};
