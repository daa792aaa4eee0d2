import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';
export function registerInspect(_program: Command, _context: CommandContext): void {
  return;
}
