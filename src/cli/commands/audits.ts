import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-code.ts';
import { addFormatOption, addMetricsOption, addReadingOptions, numberParser, parseAuditNumber } from '../options.ts';
import type { PlanOptions } from '../run/plan-command.ts';
import type { ScheduleFlags } from '../run/schedule-command.ts';
import type { StatusOptions } from '../run/status-command.ts';
import type { SelectionFlags } from '../wanted-sources.ts';

// Commands that run audits, or show how far they are.

export function audit(program: Command, { exit, prepare, whenStopped }: CommandContext): void {
  const command = program
    .command('audit')
    .description('audit registries now, in this process; without a target: every source in the settings')
    .argument(
      '[targets...]',
      'the name of a source, HOST[:PORT], HOST/REPO, HOST/PREFIX/*, HOST/REPO:TAG, ecr:ACCOUNT.REGION or ecr:REGION',
    );
  addReadingOptions(command).action(async (targets: readonly string[], options: SelectionFlags) => {
    whenStopped('what was done is kept, and the next audit goes on from there');
    const { auditCommand } = await import('../run/audit-command.ts');
    exit(await auditCommand(await prepare(options), targets, options));
  });
}

export function plan(program: Command, { exit, prepare }: CommandContext): void {
  const command = program
    .command('plan')
    .description('what an audit would cost: repositories, tags, requests and time, without fetching a manifest')
    .argument('[targets...]', 'as for audit');
  addReadingOptions(addFormatOption(command)).action(async (targets: readonly string[], options: PlanOptions) => {
    const { planCommand } = await import('../run/plan-command.ts');
    exit(await planCommand(await prepare(options), targets, options));
  });
}

type ScheduleOptions = Omit<ScheduleFlags, 'now'> & { readonly now?: readonly string[] | true };

export function schedule(program: Command, { exit, prepare }: CommandContext): void {
  const command = program
    .command('schedule')
    .description('start the audits of every source on its schedule, for workers to run; needs Redis and Postgres')
    .argument('[sources...]', 'with --now: the names of sources (default: all)')
    .addOption(
      new Option(
        '--now [source...]',
        'hand an audit of these sources, or of all, to the workers at once, and exit',
      ).conflicts('metricsPort'),
    )
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

/** Less than the 30 s that Kubernetes allows a process to end. */
const GRACE_SECONDS = 25;
/** Longer than a worker takes to give its tasks back and to close what it opened. */
const GIVE_BACK_MS = 12_000;

export function worker(program: Command, { io, exit, endWithin, prepare }: CommandContext): void {
  const command = program
    .command('worker')
    .description('run scheduled audits, together with any number of other workers; needs Redis and Postgres')
    .option(
      '--grace <seconds>',
      'how long running tasks may take to finish when the worker is stopped',
      numberParser(/^\d{1,5}$/, 'a whole number of seconds'),
      GRACE_SECONDS,
    );
  addMetricsOption(command).action(async (flags: { readonly grace: number }) => {
    const graceMs = flags.grace * 1_000;
    // First: a worker may be told to stop while it starts.
    endWithin(graceMs + GIVE_BACK_MS);
    const { runWorker } = await import('../../workers/run-worker.ts');
    const { settings, log } = await prepare(flags);
    const { environment, signal } = io;
    await runWorker({ settings, log, environment, signal, graceMs });
    exit(EXIT.done);
  });
}

export function status(program: Command, { exit, prepare }: CommandContext): void {
  const command = program
    .command('status')
    .description('progress, coverage and errors of the running or last audit')
    .argument('[audit]', 'the number of an audit (default: the running or last one)', parseAuditNumber);
  addFormatOption(command)
    .option('--watch', 'update every two seconds until the audit has ended')
    .action(async (id: number | undefined, options: StatusOptions) => {
      const { statusCommand } = await import('../run/status-command.ts');
      exit(await statusCommand(await prepare(), id, options));
    });
}
