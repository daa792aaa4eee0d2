#!/usr/bin/env node
// The scheduler as a process of its own: `slimboard schedule`, for those who start processes by file.
process.argv.splice(2, 0, 'schedule');
await import('../src/cli/main.ts');

export {};
