import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { EXIT } from '../exit-code.ts';
import { addMetricsOption, numberParser } from '../options.ts';

/** Less than the 30 s that Kubernetes allows a process to end. */
const GRACE_SECONDS = 25;
/** Longer than a worker takes to give its tasks back and to close what it opened. */
const GIVE_BACK_MS = 12_000;

export function define(command: Command, { io, exit, endWithin, prepare }: CommandContext): void {
  command.option(
    '--grace <seconds>',
    'how long running tasks may take to finish when the worker is stopped',
    numberParser(/^\d{1,5}$/, 'a whole number of seconds'),
    GRACE_SECONDS,
  );
  addMetricsOption(command).action(async (flags: { readonly grace: number }) => {
    const { runWorker } = await import('../../workers/run-worker.ts');
    const { settings, log } = await prepare(flags);
    const { environment, signal } = io;
    const graceMs = flags.grace * 1_000;
    endWithin(graceMs + GIVE_BACK_MS);
    await runWorker({ settings, log, environment, signal, graceMs });
    exit(EXIT.done);
  });
}
