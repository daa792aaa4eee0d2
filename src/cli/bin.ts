#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';

// The build writes the answer to `--help` into a file: loading all commands and the streams of Node.js would take as
// long as starting Node.js. On a terminal the commands answer, because they wrap lines to its width.
if (!isHelpForPrograms() || !writeHelp()) void import('./main.ts');

function isHelpForPrograms(): boolean {
  const [argument, ...others] = process.argv.slice(2);
  return (argument === '--help' || argument === '-h') && others.length === 0 && !isatty(1);
}

/** @returns false if nothing was written: the build has made no help yet, or stdout is closed */
function writeHelp(): boolean {
  try {
    // The text is smaller than a pipe's buffer: all of it is written, or nothing.
    writeFileSync(1, readFileSync(join(__dirname, 'help.txt')));
    return true;
  } catch {
    return false;
  }
}
