import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addMetricsOption, addReadingOptions } from '../options.ts';
import type { ScheduleFlags } from '../run/schedule-command.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command
    .option('--now', 'hand an audit of these sources, or of all, to the workers at once, and exit')
    .option('--wait', 'with --now: exit when the audits have ended');
  addMetricsOption(addReadingOptions(command)).action(async (sources: readonly string[], flags: ScheduleFlags) => {
    const { scheduleCommand } = await import('../run/schedule-command.ts');
    const reload = () => prepare(flags);
    exit(await scheduleCommand(await reload(), sources, flags, reload));
  });
}
