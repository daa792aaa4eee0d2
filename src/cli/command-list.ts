import { Argument, type Command } from 'commander';
import { KIND_NAMES } from '../report/names.ts';
import { parseAuditNumber } from './audit-number.ts';
import type { CommandContext } from './io.ts';

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

export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'audit',
    description: 'audit registries now, in this process; without a target, every source of the settings',
    args: [
      new Argument(
        '[targets...]',
        'a source by name, HOST[:PORT], HOST/REPO, HOST/PREFIX/*, HOST/REPO:TAG, ecr:ACCOUNT.REGION or ecr:REGION',
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
    description: 'keep the schedule of every source, for workers to audit; needs Redis and Postgres',
    load: () => import('./commands/schedule.ts'),
  },
  {
    name: 'worker',
    description: 'do the work of scheduled audits, together with any number of others; needs Redis and Postgres',
    load: () => import('./commands/worker.ts'),
  },
  {
    name: 'status',
    description: 'progress, coverage and errors of the running or last audit',
    args: [new Argument('[audit]', 'an audit by its number').argParser(parseAuditNumber)],
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'report',
    description: 'what audits found: one table of it, limited and sorted as you like',
    args: [new Argument('<kind>', 'which table').choices([...KIND_NAMES])],
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'leaderboard',
    description: 'who is ahead: teams, repositories, bases, distributions or runtimes, ranked',
    load: () => import('./commands/leaderboard.ts'),
  },
  {
    name: 'serve',
    description: 'the dashboard and its JSON API, on 127.0.0.1:8620; elsewhere with SLIMBOARD_SERVE_TOKEN',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'inspect',
    description:
      'one image, straight from its registry: its layers and what made each, its base with proof, findings, advice',
    args: [new Argument('<image>', 'an image reference: HOST/REPO:TAG, HOST/REPO@DIGEST, or as docker pull takes it')],
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
    description: 'what the fleet would gain if every image on one base stood on another',
    load: () => import('./commands/whatif.ts'),
  },
  {
    name: 'check',
    description: "a gate for CI: the policy's budgets, bases and rules; exits with 3 where an image breaks them",
    args: [new Argument('[images...]', 'image references, as for inspect')],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'bases',
    description: 'the base images that others are known by',
    usage: '<command>',
    load: () => import('./commands/bases.ts'),
  },
  {
    name: 'prune',
    description: 'remove what the settings under "retention" keep no longer; nothing that a tag leads to',
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
    args: [new Argument('[targets...]', 'as for audit; none: every source of the settings')],
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'demo',
    description: 'a tour on sample images, served by a local registry that it starts itself',
    load: () => import('./commands/demo.ts'),
  },
];
