import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { KIND_NAMES } from '../../../src/report/names.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';

const GLOBAL = ['--config', '--database', '--log-level', '--log-format', '--quiet'];
let commands: readonly string[];
let folder: string;

beforeAll(async () => {
  folder = await newFolder();
  for (const name of ['in use.txt', 'slimboard.yaml']) await writeFile(join(folder, name), '');
  for (const shell of ['bash', 'zsh', 'fish']) await writeFile(join(folder, shell), await script(shell));
  const top = await namesUnder([]);
  commands = [...top, ...(await namesUnder(['bases'])).map((name) => `bases ${name}`)];
});

async function script(shell: string) {
  const { code, stdout, stderr } = await runInProcess('.', ['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function help(...command: readonly string[]) {
  return (await runInProcess('.', [...command, '--help'])).stdout;
}

/** The names of the commands that a help lists, without `help` itself. */
async function namesUnder(command: readonly string[]) {
  const [, list = ''] = (await help(...command)).split('Commands:\n');
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].flatMap(([, name]) => (name && name !== 'help' ? [name] : []));
}

/** The options that the help of a command lists: `-o`, `--output`. */
async function flagsOf(command: string) {
  const lines = (await help(...command.split(' '))).match(/^ {2}-.*?(?= {2}|$| [<[])/gm) ?? [];
  return lines.flatMap((line) => line.trim().split(', '));
}

/** What a shell's script offers for the last of these words, which bash has split. */
async function offered(...words: readonly string[]) {
  const typed = `source ./bash; COMP_WORDS=(slimboard "$@"); COMP_CWORD=$#; _slimboard; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', typed, 'bash', ...words];
  const { stdout, stderr } = await promisify(execFile)('bash', args, { cwd: folder });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  test('completes commands, and those under a command', async () => {
    expect(await offered('')).toEqual([...(await namesUnder([])), 'help']);
    expect(await offered('re')).toEqual(['report']);
    expect(await offered('--quiet', '--config', 'report', 'le')).toEqual(['leaderboard']);
    expect(await offered('bases', '')).toEqual(['learn', 'list', 'export', 'import', 'help']);
    expect(await offered('help', 'lea')).toEqual(['leaderboard']);
  });

  test('completes the options of each command, and those of all', async () => {
    expect(commands).toContain('bases learn');
    for (const command of commands) {
      const options = await offered(...command.split(' '), '-');
      expect(options.sort(), command).toEqual([...(await flagsOf(command)), ...GLOBAL].sort());
    }
    expect(await offered('--lo')).toEqual(['--log-level', '--log-format']);
  });

  test('completes the first operand, whatever options stand before it, and not a second one', async () => {
    expect(await offered('report', '')).toEqual(KIND_NAMES);
    expect(await offered('report', '--source', 'bases', '--limit', '=', '3', 're')).toEqual(
      KIND_NAMES.filter((name) => name.startsWith('re')),
    );
    expect(await offered('report', 'bases', '')).toEqual([]);
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered('inspect', '')).toEqual([]);
    expect(await offered('audits', '')).toEqual([]);
  });

  test('completes the values of options, which differ between commands', async () => {
    expect(await offered('report', 'images', '--format', '')).toContain('markdown');
    expect(await offered('inspect', '--format', '')).toEqual(['table', 'json']);
    expect(await offered('check', '--format', '=')).toEqual(['table', 'json', 'junit', 'sarif']);
    expect(await offered('check', '--format', '=', 's')).toEqual(['sarif']);
    expect(await offered('leaderboard', '--by', 're')).toEqual(['repository']);
    expect(await offered('leaderboard', '--metric', 'lo')).toEqual(['logical']);
    expect(await offered('--log-level', 'd')).toEqual(['debug']);
    expect(await offered('audit', '--platform', 'a')).toEqual(['all']);
    expect(await offered('inspect', '--platform', '')).toEqual(['linux/amd64', 'linux/arm64']);
    // Only the user knows it: neither options nor the kinds of reports.
    expect(await offered('report', '--team', '')).toEqual([]);
    expect(await offered('report', '--sort', '-')).toEqual([]);
  });

  test('completes names of files, with spaces, where one is expected', async () => {
    expect(await offered('--config', 'slim')).toEqual(['slimboard.yaml']);
    expect(await offered('report', 'reclaim', '--in-use', 'in')).toEqual(['in use.txt']);
    expect(await offered('report', 'images', '-o', 'in')).toEqual(['in use.txt']);
    expect(await offered('bases', 'import', 'in')).toEqual(['in use.txt']);
    expect(await offered('audit', 'in')).toEqual([]);
  });

  test('takes addresses for one word, though bash splits them', async () => {
    expect(await offered('--database', 'postgres', ':', '//report', 'rep')).toEqual(['report']);
    expect(await offered('--database', 'postgres', ':', 're')).toEqual([]);
    expect(await offered('inspect', 'localhost', ':')).toEqual([]);
    expect(await offered('inspect', 'localhost', ':', '5000/app', '--dee')).toEqual(['--deep']);
  });
});

const COMPLETE_IN_ZSH = fileURLToPath(new URL('../../support/complete.zsh', import.meta.url));
const OFFERED_BY = {
  zsh: (typed: string) => ['zsh', '-f', COMPLETE_IN_ZSH, './zsh', typed],
  fish: (typed: string) => ['fish', '--no-config', '-c', 'source ./fish; complete -C $argv[1] | cut -f 1', typed],
};

describe.each(['zsh', 'fish'] as const)('%s itself', (shell) => {
  test.each([
    ['slimboard re', ['report']],
    ['slimboard --quiet --config report le', ['leaderboard']],
    ['slimboard bases l', ['learn', 'list']],
    ['slimboard report --source bases reg', ['regressions']],
    ['slimboard report images i', []],
    ['slimboard inspect ', []],
    ['slimboard check --format ', ['json', 'junit', 'sarif', 'table']],
    ['slimboard audit --pla', ['--plain-http', '--platform']],
    ['slimboard --log-level d', ['debug']],
    ['slimboard report images -o slim', ['slimboard.yaml']],
    ['slimboard bases import slim', ['slimboard.yaml']],
  ])('offers for "%s" what is meant', async (typed, expected) => {
    const [program = '', ...args] = OFFERED_BY[shell](typed);
    const { stdout } = await promisify(execFile)(program, args, { cwd: folder });
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(expected);
  });
});

test('zsh and fish are told the same commands, options and values', async () => {
  const zsh = new Map(
    (await script('zsh')).split(/^(?=_slimboard\w*\(\) \{$)/m).map((part) => [part.split('(')[0] ?? '', part]),
  );
  const fish = (await script('fish')).split('\n');
  for (const command of commands) {
    const part = zsh.get(`_slimboard_${command.replace(' ', '_')}`);
    for (const flag of await flagsOf(command)) expect(part, command).toMatch(new RegExp(`[*{,]${flag}[=[,}]`));
    for (const flag of (await flagsOf(command)).filter((each) => each.startsWith('--') && each !== '--help'))
      expect(fish.filter((line) => line.includes(`'__slimboard_in ${command}'`)).join('\n')).toContain(
        ` -l ${flag.slice(2)} `,
      );
    expect(fish.some((line) => line.includes(` -a ${command.split(' ').at(-1)} -d `))).toBe(true);
  }
  expect(zsh.get('_slimboard_report')).toContain(`'1:operand:(${KIND_NAMES.join(' ')})'`);
  expect(zsh.get('_slimboard_check')).toContain(':value:(table json junit sarif)');
  expect(zsh.get('_slimboard_bases_export')).toContain("'1:operand:_files'");
  expect(fish).toContain(
    `complete -c slimboard -n 'test "$(__slimboard_operands)" = "report"' -f -a '${KIND_NAMES.join(' ')}'`,
  );
});
