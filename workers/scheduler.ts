#!/usr/bin/env node
// Runs `slimboard schedule`, for process managers that start a file instead of a command.
process.argv.splice(2, 0, 'schedule');
await import('../src/cli/main.ts');

export {};
