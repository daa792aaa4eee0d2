import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addMetricsOption, addReadingOptions } from '../options.ts';
import type { ScheduleFlags } from '../run/schedule-command.ts';

type ScheduleOptions = Omit<ScheduleFlags, 'now'> & { readonly now?: string | boolean };

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command
    .option('--now [source]', 'hand an audit of these sources, or of all, to the workers at once, and exit')
    .option('--wait', 'with --now: exit when the audits have ended');
  addMetricsOption(addReadingOptions(command)).action(async (operands: readonly string[], options: ScheduleOptions) => {
    const { scheduleCommand } = await import('../run/schedule-command.ts');
    // The first source may be the value of --now: both "--now main" and "--now=main" name it.
    const { now = false } = options;
    const sources = typeof now === 'string' ? [now, ...operands] : operands;
    const reload = () => prepare(options);
    exit(await scheduleCommand(await reload(), sources, { ...options, now: now !== false }, reload));
  });
}
