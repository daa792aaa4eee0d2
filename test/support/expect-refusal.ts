import { expect } from 'vitest';
import type { CommandResult } from './cli.ts';

/** One clear line: what happened and what to do, no stack, nothing on stdout. */
export function expectRefusal({ code, stdout, stderr }: CommandResult, exit: number, message: RegExp): void {
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  const lines = stderr.split('\n').filter((line) => line.startsWith('slimboard: '));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
}
