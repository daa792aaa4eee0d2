import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { startSampleRegistry } from '../../demo/sample-registry.ts';
import { messageOf, SettingsError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { GlobalOptions, Io, RunCommandLine } from '../io.ts';

/** The steps of the tour, each a command that a user could type. */
const STEPS: readonly { readonly says: string; readonly args: (host: string) => readonly string[] }[] = [
  { says: 'Audit every image of the registry', args: () => ['audit'] },
  { says: 'Audit again: one request per tag, and nothing is fetched twice', args: () => ['audit'] },
  {
    says: 'Show what one image is built on, and what would make it smaller',
    args: (host) => ['inspect', `${host}/payments/refunds:latest`],
  },
  {
    says: 'Export every image for a spreadsheet',
    args: () => ['report', 'images', '--format', 'csv', '-o', 'images.csv'],
  },
  { says: 'Rank the teams by the bytes that they store', args: () => ['leaderboard'] },
];

const SETTINGS_FILE = 'slimboard.yaml';
const FIRST_LINE = '# Written by "slimboard demo". Its registry stops when the demo ends.\n';

/**
 * Runs the tour on sample images, in a folder of its own.
 * @param globals the options of every command; the steps get those on progress and logs
 * @throws SettingsError when the folder cannot be written, or holds anything but an earlier tour, and for settings or a
 * database of the user's: the tour has its own
 */
export async function demoCommand(
  io: Io,
  run: RunCommandLine,
  folder: string,
  { config, database, ...globals }: GlobalOptions,
): Promise<ExitCode> {
  if (config !== undefined || database !== undefined)
    throw new SettingsError('the demo has settings and a database of its own: leave --config and --database out');
  const cwd = resolve(io.cwd, folder);
  const environment = withoutDatabase(io.environment);
  await requireOwnFolder(cwd);
  const registry = await startSampleRegistry();
  try {
    await prepareFolder(cwd, registry.host);
    for (const { says, args } of STEPS) {
      const words = args(registry.host);
      io.stdout.write(`\n# ${says}\n$ slimboard ${words.join(' ')}\n`);
      const code = await run([...globalWords(globals), ...words], { ...io, cwd, environment });
      if (code !== EXIT.done) return code;
    }
  } finally {
    await registry.close();
  }
  io.stdout.write(epilogue(relative(io.cwd, cwd) || '.'));
  return EXIT.done;
}

function globalWords({ logLevel, logFormat, quiet }: Omit<GlobalOptions, 'config' | 'database'>): readonly string[] {
  return [
    ...(logLevel === undefined ? [] : [`--log-level=${logLevel}`]),
    ...(logFormat === undefined ? [] : [`--log-format=${logFormat}`]),
    ...(quiet ? ['--quiet'] : []),
  ];
}

/** Removes the variables that name a database, so that the tour uses one of its own. */
function withoutDatabase(environment: Io['environment']): Io['environment'] {
  const elsewhere = /^(?:SLIMBOARD_)?DATABASE_URL$|^SLIMBOARD_DATA_DIR$/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !elsewhere.test(name)));
}

/** The settings and the database of a user must not become those of the tour. */
async function requireOwnFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return;
  const settings = await readFile(join(folder, SETTINGS_FILE), 'utf8').catch(() => '');
  if (!settings.startsWith(FIRST_LINE))
    throw new SettingsError(`${folder} has files that are not of a demo: choose another folder with --folder`);
}

async function prepareFolder(folder: string, host: string): Promise<void> {
  try {
    await makeFolder(folder);
    await writeFile(join(folder, SETTINGS_FILE), settingsFor(host));
  } catch (cause) {
    const reason = messageOf(cause);
    throw new SettingsError(`cannot write to ${folder}: ${reason}; choose another folder with --folder`, { cause });
  }
}

function settingsFor(host: string): string {
  return `${FIRST_LINE}sources:
  - name: demo
    kind: oci
    registry: ${host}
teams:
  - name: platform
    repositories: ["library/**"]
  - name: payments
    repositories: ["payments/**"]
`;
}

function epilogue(folder: string): string {
  return `
Settings, database and reports are in ${folder}/: open ${join(folder, 'images.csv')} in a spreadsheet.
Next, look at the dashboard, or audit your own registry ("npm link" puts slimboard on the PATH of a clone):

  cd ${folder} && slimboard serve
  slimboard audit registry.example.com      (--plain-http if it has no TLS)
  slimboard leaderboard
`;
}
