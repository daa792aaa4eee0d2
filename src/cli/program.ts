import { Command, CommanderError, Option } from 'commander';
import { LOG_FORMATS, LOG_LEVELS } from '../log-levels.ts';
import { PACKAGE_VERSION } from '../package-version.ts';
import type { CommandContext } from './command-context.ts';
import { audit, plan, schedule, status, worker } from './commands/audits.ts';
import { bases } from './commands/bases.ts';
import { advise, check, diff, inspect } from './commands/images.ts';
import { leaderboard, report, serve, whatif } from './commands/results.ts';
import { completion, demo, doctor, migrate, prune } from './commands/upkeep.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { GlobalOptions, Io } from './io.ts';
import { suggestChoices } from './options.ts';

/**
 * Every command, in the order of `--help`. Each adds its arguments, options and action to the program; the action loads what
 * it runs only when it is called.
 */
const COMMANDS = [
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
  completion,
  demo,
];

/** How long a command may take to end when it is told to: less than the 10 s after which Docker kills it. */
const END_WITHIN_MS = 8_000;

/**
 * Runs one command line. Each call builds a new program, so that tests can run it in process.
 * @returns the exit code; an expected failure is one line on stderr
 */
export async function runProgram(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  let endWithinMs = END_WITHIN_MS;
  let outlook: string | undefined;
  const program = createProgram(io);
  const context: CommandContext = {
    io,
    prepare: async (flags) => (await import('./prepare.ts')).prepare(io, program.opts(), flags),
    exit: (given) => {
      code = given;
      io.onExitCode?.(given);
    },
    endWithin: (ms) => {
      endWithinMs = ms;
    },
    whenStopped: (given) => {
      outlook = given;
    },
    run: runProgram,
  };
  for (const add of COMMANDS) add(program, context);
  suggestChoices(program);
  try {
    const late = overdue(io.signal, () => endWithinMs);
    await Promise.race([program.parseAsync([...args], { from: 'user' }), late]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { exitCodeOf, writeFailure } = await import('./write-failure.ts');
    const reason = reasonOf(error, io.signal);
    await writeFailure(reason, program.opts<GlobalOptions>(), io, outlook);
    return exitCodeOf(reason);
  }
}

function createProgram({ stdout, stderr }: Io): Command {
  return new Command('slimboard')
    .description(
      'Audits every image of a container registry: how big it is, what it is built on, what would make it smaller.',
    )
    .version(PACKAGE_VERSION)
    .option('--config <file>', 'settings file (default: slimboard.yaml in the working folder)')
    .option(
      '--database <url>',
      'URL of the Postgres database, postgres://… (default: embedded database in ./.slimboard)',
    )
    .addOption(new Option('--log-level <level>', 'how much to log (default: info)').choices(LOG_LEVELS))
    .addOption(new Option('--log-format <format>', 'form of the log (default: pretty)').choices(LOG_FORMATS))
    .option('--quiet', 'no progress, errors only')
    .hook('preAction', (_program, command) => refuseEmptyValues(command))
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .addHelpText('afterAll', ({ command }) =>
      command.parent ? '\nOptions of every command, such as --config and --quiet: slimboard --help' : '',
    )
    .showHelpAfterError('(slimboard --help shows the commands, slimboard COMMAND --help their options)');
}

/** An empty value is most often a variable of a script that is not set: the default would be a guess. */
function refuseEmptyValues(command: Command): void {
  for (let each: Command | null = command; each; each = each.parent)
    for (const option of each.options)
      if ([each.getOptionValue(option.attributeName())].flat().includes(''))
        command.error(`error: ${option.long}: expected a value, not an empty text`);
}

/**
 * Rejects with the signal's reason if a command has not ended in time after it: what it waits for, such as a database,
 * has fallen silent.
 */
function overdue(signal: AbortSignal, withinMs: () => number): Promise<never> {
  return new Promise((_, reject) => {
    const wait = () => setTimeout(() => reject(signal.reason), withinMs()).unref();
    // The signal may have come while the command was loaded.
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}

/** Replaces Node's AbortError, with which an aborted wait fails, by the reason of the signal. */
function reasonOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && error instanceof Error && error.name === 'AbortError' ? signal.reason : error;
}
