import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';
export function registerPlan(_program: Command, _context: CommandContext): void {
  return;
}
