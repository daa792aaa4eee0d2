import { Argument, type Command } from 'commander';
import { KIND_NAMES } from '../report/names.ts';
import type { ExitCode } from './exit-code.ts';
import type { Io, RunCommandLine } from './io.ts';
import { parseAuditNumber } from './options.ts';
import type { Session } from './prepare.ts';

/** A command as `--help` lists it. Its options and action are loaded only when the command line names it. */
export interface ListedCommand {
  readonly name: string;
  readonly description: string;
  readonly args?: readonly Argument[];
  /** What follows the name in the help, if it is not options and arguments. */
  readonly usage?: string;
  load(): Promise<CommandDefinition>;
}

/** The options and the action of a command. */
export interface CommandDefinition {
  define(command: Command, context: CommandContext): void;
}

/** What a command's action receives besides its own arguments. */
export interface CommandContext {
  readonly io: Io;
  /** Reads the settings. @param flags those of the command that override settings */
  readonly prepare: (flags?: object) => Promise<Session>;
  /** To be called once, as soon as the exit code is decided; if it is not called, the code is 0. */
  readonly exit: (code: ExitCode) => void;
  /** Sets how long the command may take to end after a signal (ms), if that is not 8 s. */
  readonly endWithin: (ms: number) => void;
  /** Sets what becomes of the command's work if a signal ends it, for the line that says so. */
  readonly whenStopped: (outlook: string) => void;
  /** Runs another command line to its end. */
  readonly run: RunCommandLine;
}

export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'audit',
    description: 'audit registries now, in this process; without a target: every source in the settings',
    args: [
      new Argument(
        '[targets...]',
        'the name of a source, HOST[:PORT], HOST/REPO, HOST/PREFIX/*, HOST/REPO:TAG, ecr:ACCOUNT.REGION or ecr:REGION',
      ),
    ],
    load: () => import('./commands/audit.ts'),
  },
  {
    name: 'plan',
    description: 'what an audit would cost: repositories, tags, requests and time, without fetching a manifest',
    args: [new Argument('[targets...]', 'as for audit')],
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'schedule',
    description: 'start the audits of every source on its schedule, for workers to run; needs Redis and Postgres',
    args: [new Argument('[sources...]', 'with --now: sources by their names; default: all')],
    load: () => import('./commands/schedule.ts'),
  },
  {
    name: 'worker',
    description: 'run scheduled audits, together with any number of other workers; needs Redis and Postgres',
    load: () => import('./commands/worker.ts'),
  },
  {
    name: 'status',
    description: 'progress, coverage and errors of the running or last audit',
    args: [
      new Argument('[audit]', 'the number of an audit (default: the running or last one)').argParser(parseAuditNumber),
    ],
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'report',
    description: 'one table of what audits found, with filters and sorting',
    args: [new Argument('<kind>', 'the table').choices([...KIND_NAMES])],
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'leaderboard',
    description: 'teams, repositories, base images, distributions or runtimes, ranked',
    load: () => import('./commands/leaderboard.ts'),
  },
  {
    name: 'serve',
    description: 'serve the dashboard and its JSON API on 127.0.0.1:8620; other addresses need SLIMBOARD_SERVE_TOKEN',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'inspect',
    description:
      'one image, straight from its registry: its layers and what made each, its base and the evidence, findings, advice',
    args: [
      new Argument(
        '<image>',
        'an image reference: HOST/REPO:TAG, HOST/REPO@DIGEST, or any form that docker pull accepts',
      ),
    ],
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'advise',
    description: 'how to slim one image: techniques in order of gain, projected sizes, a Dockerfile for its language',
    args: [new Argument('<image>', 'an image reference, as for inspect')],
    load: () => import('./commands/advise.ts'),
  },
  {
    name: 'diff',
    description: 'two images, before and after: size by layer, what came and went, which techniques explain it',
    args: [
      new Argument('<old>', 'an image reference, as for inspect'),
      new Argument('<new>', 'an image reference, as for inspect'),
    ],
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'whatif',
    description: 'what would be saved if all images on one base image moved to another',
    load: () => import('./commands/whatif.ts'),
  },
  {
    name: 'check',
    description: "a gate for CI: the policy's budgets, bases and rules; exits with 3 if an image violates them",
    args: [new Argument('[images...]', 'image references, as for inspect')],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'bases',
    description: 'the catalogue of base images, by which slimboard recognises what other images are built on',
    usage: '<command>',
    load: () => import('./commands/bases.ts'),
  },
  {
    name: 'prune',
    description: 'remove what is older than the settings under "retention"; keeps everything that a tag refers to',
    load: () => import('./commands/prune.ts'),
  },
  {
    name: 'migrate',
    description: "bring the database's schema up to date",
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'doctor',
    description: 'check settings, database, Redis, and every source with its credentials, and say what is wrong',
    args: [new Argument('[targets...]', 'as for audit; without a target: every source in the settings')],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'demo',
    description: 'a tour with sample images, from a local registry that it starts itself',
    load: () => import('./commands/demo.ts'),
  },
];
