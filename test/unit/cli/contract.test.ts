import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command-context.ts';
import { worker } from '../../../src/cli/commands/audits.ts';
import { EXIT, Interruption } from '../../../src/cli/exit-code.ts';
import { exitCodeOf } from '../../../src/cli/write-failure.ts';
import { InvalidReferenceError, NotAnImageError, NotFoundError, SettingsError } from '../../../src/errors.ts';
import { FORMAT_NAMES, GROUPINGS, KIND_NAMES, METRICS } from '../../../src/report/names.ts';
import { runInProcess } from '../../support/program.ts';

/** What scripts rely on: commands and flags may come, and none goes or is renamed. */

const READING = '--platform --include --exclude --tags --newest --deep --full --concurrency --plain-http'.split(' ');
const FILTERS = '--source --team --repository --tag --base --distro --audit --since --min-size --sort --limit'.split(
  ' ',
);

const COMMANDS: readonly (readonly [command: string, operands: string, flags: readonly string[]])[] = [
  ['audit', '[targets...]', READING],
  ['schedule', '[sources...]', ['--now', '--wait', ...READING]],
  ['worker', '', []],
  ['plan', '[targets...]', READING],
  ['status', '[audit]', ['--watch']],
  ['report', '<kind>', ['--format', '-o, --output', ...FILTERS]],
  ['leaderboard', '', ['--by', '--metric', '--format', '-o, --output']],
  ['inspect', '<image>', ['--deep']],
  ['advise', '<image>', ['--goal']],
  ['whatif', '', ['--from', '--to']],
  ['diff', '<old> <new>', []],
  ['check', '[images...]', ['--audit', '--format']],
  ['bases learn', '[refs...]', ['--plain-http', '--newest']],
  ['bases list', '', []],
  ['bases export', '<file>', []],
  ['bases import', '<file>', []],
  ['serve', '', ['--host', '--port']],
  ['migrate', '', []],
  ['doctor', '', []],
  ['completion', '<shell>', []],
  ['prune', '', ['--dry-run', '--source']],
  ['demo', '', []],
];

const run = (...args: string[]) => runInProcess('.', args);

test.each(COMMANDS)('%s %s has the promised flags', async (command, operands, flags) => {
  const { code, stdout, stderr } = await run(...command.split(' '), '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const words = stdout.replaceAll(/\s+/g, ' ');
  expect(words).toContain(
    `Usage: slimboard ${command} [options]${operands && ` ${operands}`}`.replace(
      ' [options]',
      words.includes(`${command} [options]`) ? ' [options]' : '',
    ),
  );
  expect(words).toContain('Options of every command, such as --config and --quiet: slimboard --help');
  const listed = new Set(stdout.match(/^ {2}-.*?(?= {2}|$)/gm)?.map((line) => line.trim()));
  for (const flag of flags)
    expect(
      [...listed].some((line) => line === flag || line.startsWith(`${flag} `)),
      flag,
    ).toBe(true);
});

test('there are no commands but the promised ones, and help', async () => {
  const { stdout } = await run('--help');
  const [, commands = ''] = stdout.split('Commands:\n');
  const names = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
  const promised = new Set(COMMANDS.map(([command]) => command.split(' ')[0]));
  expect(new Set(names)).toEqual(new Set([...promised, 'help']));
});

test.each(['--config', '--database', '--log-level', '--log-format', '--quiet'])(
  '%s is a global option',
  async (flag) => {
    expect((await run('--help')).stdout).toContain(`  ${flag}`);
  },
);

test('a wrong value is told with its flag', async () => {
  expect((await run('advise', 'example.com/app', '--goal', '0.9')).stderr).toContain('--goal: "0.9" is not a goal');
  const { stderr } = await run('inspect', 'example.com/app', '--platform', 'amd64');
  expect(stderr).toContain('--platform: "amd64" is not a platform');
});

test.each([['--platform', 'linux/arm64'], ['--catalogue']])(
  'check --audit takes images as they were assessed, and does not accept %s',
  async (...flags) => {
    const { code, stderr } = await run('check', '--audit', '1', ...flags);
    expect(code).toBe(2);
    expect(stderr).toContain(`option '--audit <number>' cannot be used with option '${flags[0]}`);
  },
);

test.each([
  ['--database', ['--database', '', 'report', 'images']],
  ['--port', ['serve', '--port=']],
  ['--team', ['report', 'teams', '--team', '']],
  ['--include', ['audit', 'registry.example.com', '--include', 'team', '--include', '']],
])('an empty value of %s, as of a variable that is not set, is no default', async (flag, args) => {
  const { code, stderr } = await run(...args);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining(`error: ${flag}: expected a value, not an empty text\n`),
  });
});

test('a worker that is told to stop while it still starts has its time to end, too', () => {
  const given: number[] = [];
  const endWithin = (ms: number) => void given.push(ms);
  const starting = new Promise<never>(() => undefined);
  const program = new Command();
  worker(program, { endWithin, prepare: () => starting } as Partial<CommandContext> as CommandContext);
  void program.parseAsync(['worker', '--grace', '60'], { from: 'user' });
  expect(given).toEqual([72_000]);
});

describe('exit codes', () => {
  test('are as promised', () => {
    expect(EXIT).toEqual({
      done: 0,
      failure: 1,
      usage: 2,
      violation: 3,
      incomplete: 4,
      interrupted: 130,
      terminated: 143,
    });
  });

  test.each([
    [new Error('a bug'), 1],
    [new NotFoundError('gone'), 1],
    [new SettingsError('a typo'), 2],
    [new InvalidReferenceError('no reference'), 2],
    [new NotAnImageError('a chart'), 2],
    [new Interruption('SIGINT'), 130],
    [new Interruption('SIGTERM'), 143],
  ])('%s ends with %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  test.each([
    [[]],
    [['adit']],
    [['audit', '--nope']],
    [['audit']],
    [['audit', 'no-registry']],
    [['audit', 'registry.example.com', '--newest', '0']],
    [['audit', 'registry.example.com', '--platform', 'linux/arm 64']],
    [['report']],
    [['report', 'imags']],
    [['report', 'images', '--limit=-1']],
    [['report', 'images', '--format', 'xml']],
    [['leaderboard', '--by', 'colour']],
    [['status', 'newest']],
    [['inspect']],
    [['inspect', 'Upper/Case']],
    [['inspect', 'example.com/app', '--format', 'csv']],
    [['advise', 'example.com/app', '--goal', '0.9']],
    [['whatif', '--from', 'node:22']],
    [['diff', 'example.com/app:1']],
    [['check']],
    [['bases', 'learn']],
    [['schedule']],
    [['schedule', 'main']],
    [['schedule', '--wait']],
    [['worker']],
    [['serve', '--port', 'http']],
  ])('%j is a usage error: exit code 2, nothing on stdout, a message on stderr', async (args) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test('kinds, formats, groups and metrics are as promised', () => {
  expect(KIND_NAMES).toEqual(
    expect.arrayContaining(
      'images layers bases teams repositories findings advice errors audits trends regressions reclaim'.split(' '),
    ),
  );
  expect([...FORMAT_NAMES].sort()).toEqual(['csv', 'html', 'json', 'markdown', 'ndjson', 'table']);
  expect([...GROUPINGS]).toEqual(expect.arrayContaining(['team', 'repository', 'base', 'distro', 'runtime']));
  expect([...METRICS]).toEqual(
    expect.arrayContaining('stored own logical median largest growth improvement savings score'.split(' ')),
  );
});
