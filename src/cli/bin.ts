#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';

/** The oldest Node.js that works: `engines` in package.json, of which npm only warns. Others fail at an import. */
const OLDEST = [20, 19] as const;

// The build writes the answer to `--help` into a file: loading all commands and the streams of Node.js would take as
// long as starting Node.js. On a terminal the commands answer, because they wrap lines to its width.
if (isTooOld()) refuse();
else if (!isHelpForPrograms() || !writeHelp()) void import('./main.ts');

function isTooOld(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function refuse(): void {
  process.stderr.write(`slimboard: this is Node.js ${process.versions.node}: install ${OLDEST.join('.')} or newer\n`);
  process.exitCode = 2;
}

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
