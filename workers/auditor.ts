#!/usr/bin/env node
// Runs `slimboard worker`, for process managers that start a file instead of a command.
process.argv.splice(2, 0, 'worker');
await import('../src/cli/main.ts');

export {};
