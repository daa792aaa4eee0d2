import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addMetricsOption, addReadingOptions } from '../options.ts';
import type { ScheduleFlags } from '../run/schedule-command.ts';

type ScheduleOptions = Omit<ScheduleFlags, 'now'> & { readonly now?: readonly string[] | true };

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command
    .option('--now [source...]', 'hand an audit of these sources, or of all, to the workers at once, and exit')
    .option('--wait', 'with --now: exit when the audits have ended');
  addMetricsOption(addReadingOptions(command)).action(async (operands: readonly string[], options: ScheduleOptions) => {
    const { scheduleCommand } = await import('../run/schedule-command.ts');
    // Sources may be values of --now: "--now main", "--now=main" and "--now main --now other" name them.
    const { now } = options;
    const sources = Array.isArray(now) ? [...now, ...operands] : operands;
    const reload = () => prepare(options);
    exit(await scheduleCommand(await reload(), sources, { ...options, now: now !== undefined }, reload));
  });
}
