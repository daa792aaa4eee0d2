import { Command, CommanderError, Option } from 'commander';
import { PACKAGE_VERSION } from '../package-version.ts';
import { registerAdvise } from './commands/advise.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBases } from './commands/bases.ts';
import { registerCheck } from './commands/check.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDiff } from './commands/diff.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerInspect } from './commands/inspect.ts';
import { registerLeaderboard } from './commands/leaderboard.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPlan } from './commands/plan.ts';
import { registerPrune } from './commands/prune.ts';
import { registerReport } from './commands/report.ts';
import { registerSchedule } from './commands/schedule.ts';
import { registerServe } from './commands/serve.ts';
import { registerStatus } from './commands/status.ts';
import { registerWhatif } from './commands/whatif.ts';
import { registerWorker } from './commands/worker.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.ts';
import type { CommandContext, GlobalOptions, Io } from './io.ts';
import { tellFailure } from './tell-failure.ts';

/** A command: its name, arguments and options; what it needs is loaded when it runs. */
type Register = (program: Command, context: CommandContext) => void;

const COMMANDS: readonly Register[] = [
  registerAudit,
  registerPlan,
  registerSchedule,
  registerWorker,
  registerStatus,
  registerReport,
  registerLeaderboard,
  registerServe,
  registerInspect,
  registerAdvise,
  registerDiff,
  registerWhatif,
  registerCheck,
  registerBases,
  registerPrune,
  registerMigrate,
  registerDoctor,
  registerDemo,
];

/**
 * Runs one command line. Built anew for each call, so that tests run it in process.
 * @returns the exit code; expected failures are told on stderr, in one line
 */
export async function runProgram(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = buildProgram({
    io,
    exit: (given) => {
      code = given;
    },
    run: runProgram,
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const reason = reasonOf(error, io.signal);
    await tellFailure(reason, program.opts<GlobalOptions>(), io);
    return exitCodeOf(reason);
  }
}

function buildProgram(context: CommandContext): Command {
  const { stdout, stderr } = context.io;
  const program = new Command('slimboard')
    .description(
      'Audits every image of a container registry: how big it is, what it is built on, what would make it smaller.',
    )
    .version(PACKAGE_VERSION)
    .option('--config <file>', 'settings file (default: slimboard.yaml in this folder)')
    .option('--database <url>', 'Postgres, as postgres://… (default: embedded, in ./.slimboard)')
    .addOption(
      new Option('--log-level <level>', 'how much to log').choices([
        'silent',
        'fatal',
        'error',
        'warn',
        'info',
        'debug',
        'trace',
      ]),
    )
    .addOption(new Option('--log-format <format>', 'pretty or json').choices(['pretty', 'json']))
    .option('--quiet', 'no progress, errors only')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .showHelpAfterError('(slimboard --help shows the commands, slimboard COMMAND --help their options)');
  for (const register of COMMANDS) register(program, context);
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  return program;
}

/** A wait that was told to end fails with Node's AbortError; the signal knows who stopped it, and why. */
function reasonOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && error instanceof Error && error.name === 'AbortError' ? signal.reason : error;
}
