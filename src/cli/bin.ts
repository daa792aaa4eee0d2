#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';

// What `--help` answers was written down when slimboard was built: to load all commands, and the streams of Node.js, takes
// as long as Node.js itself. A terminal is answered by the commands, for they wrap their lines to its width.
if (!isHelpForPrograms() || !tellHelp()) void import('./main.ts');

function isHelpForPrograms(): boolean {
  const [argument, ...others] = process.argv.slice(2);
  return (argument === '--help' || argument === '-h') && others.length === 0 && !isatty(1);
}

/** @returns false where nothing was told: before the help is written down, or where nobody reads it */
function tellHelp(): boolean {
  try {
    // Less than a pipe takes at once: all of it is written, or nothing.
    writeFileSync(1, readFileSync(join(__dirname, 'help.txt')));
    return true;
  } catch {
    return false;
  }
}
