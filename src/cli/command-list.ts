import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { audit, plan, schedule, status, worker } from './commands/audits.ts';
import { bases } from './commands/bases.ts';
import { advise, check, diff, inspect } from './commands/images.ts';
import { leaderboard, report, serve, whatif } from './commands/results.ts';
import { demo, doctor, migrate, prune } from './commands/upkeep.ts';

/**
 * Adds a command to the program: its arguments and options, and the action, which loads what it runs only when it is
 * called.
 */
export type AddCommand = (program: Command, context: CommandContext) => void;

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly AddCommand[] = [
  audit,
  plan,
  schedule,
  worker,
  status,
  report,
  leaderboard,
  serve,
  inspect,
  advise,
  diff,
  whatif,
  check,
  bases,
  prune,
  migrate,
  doctor,
  demo,
];
