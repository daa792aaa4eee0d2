import { resolve } from 'node:path';
import type * as z from 'zod';
import { flagOf } from '../common/flags.ts';
import { variableOf } from '../common/variable-of.ts';
import { SettingsError } from '../errors.ts';
import { packagePath } from '../package-root.ts';
import { readSettingsFile, type SettingsFile } from './file.ts';
import { type Assignment, type KeyPath, mergeAll, originOf, type SettingsOrigin, valueAt } from './origins.ts';
import { flagSchema, PASSWORD_IN_QUERY, settingsSchema } from './schema.ts';
import type { Environment, Reading, Settings, SourceSettings } from './settings.ts';

/** Flags of the command line by their names in camel case; flags that are not settings are ignored. */
export type SettingsFlags = Readonly<Record<string, unknown>>;

/** Where settings come from. */
export interface LoadSettingsOptions {
  /** The value of --config; default: `slimboard.yaml` in `cwd`, if it exists. */
  readonly configFile?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  readonly flags: SettingsFlags;
}

/** If several variables for one setting are set, the first in this list wins. */
const VARIABLES: readonly (readonly [variable: string, ...path: string[]])[] = [
  ['SLIMBOARD_DATABASE_URL', 'databaseUrl'],
  ['DATABASE_URL', 'databaseUrl'],
  ['SLIMBOARD_REDIS_URL', 'redisUrl'],
  ['REDIS_URL', 'redisUrl'],
  ['SLIMBOARD_DATA_DIR', 'dataDir'],
  ['SLIMBOARD_LOG_LEVEL', 'log', 'level'],
  ['SLIMBOARD_LOG_FORMAT', 'log', 'format'],
  ['SLIMBOARD_SERVE_HOST', 'serve', 'host'],
  ['SLIMBOARD_SERVE_PORT', 'serve', 'port'],
  ['SLIMBOARD_SERVE_TOKEN', 'serve', 'token'],
  ['SLIMBOARD_METRICS_PORT', 'metricsPort'],
];

const FLAGS: readonly (readonly [flag: string, ...path: string[]])[] = [
  ['database', 'databaseUrl'],
  ['logLevel', 'log', 'level'],
  ['logFormat', 'log', 'format'],
  ['host', 'serve', 'host'],
  ['port', 'serve', 'port'],
  ['metricsPort', 'metricsPort'],
];

/** The flags that override the reading options of every source. */
const READING_FLAGS: readonly (readonly [flag: string, key: string])[] = Object.keys(flagSchema.shape).map((key) => [
  key === 'platforms' ? 'platform' : key,
  key,
]);

/** How many mistakes one error reports at most. */
const MAX_MISTAKES = 10;

/**
 * Loads all settings. Flags override the environment, which overrides the file, which overrides config/default.yaml.
 * @throws SettingsError naming the file and line, variable or flag, the key, and what it accepts
 */
export async function loadSettings(options: LoadSettingsOptions): Promise<Settings> {
  const file = await readOwnFile(options);
  const origins = [
    originOf(assignments(FLAGS, options.flags, flagOf)),
    originOf(assignments(VARIABLES, variables(options.env), (variable) => variable)),
    ...(file ? [file] : []),
    await readDefaults(),
  ];
  if (file) refuseSecrets(file);
  const readingFlags = originOf(assignments(READING_FLAGS, options.flags, flagOf));
  const { data: reading, mistakes: wrongFlags } = parse(flagSchema, [readingFlags]);
  const { data: settings, mistakes } = parse(settingsSchema, origins);
  if (!reading || !settings) throw new SettingsError(listMistakes([...wrongFlags, ...mistakes]));
  const sourceDefaults: Reading = { full: false, ...settings.sourceDefaults, ...reading };
  return {
    ...settings,
    file: file?.path,
    dataDir: resolve(options.cwd, settings.dataDir),
    sourceDefaults,
    sources: settings.sources.map(
      (source): SourceSettings => ({ ...sourceDefaults, ...withAbsolutePaths(source, options.cwd), ...reading }),
    ),
  };
}

function listMistakes(mistakes: readonly string[]): string {
  const others = mistakes.length - MAX_MISTAKES;
  return [...mistakes.slice(0, MAX_MISTAKES), ...(others > 0 ? [`… and ${others} more`] : [])].join('\n');
}

async function readOwnFile({ configFile, cwd }: LoadSettingsOptions): Promise<SettingsFile | undefined> {
  if (configFile === '') throw new SettingsError('--config: expected the name of a file, such as slimboard.yaml');
  const file = await readSettingsFile(resolve(cwd, configFile ?? 'slimboard.yaml'));
  if (file || configFile === undefined) return file;
  throw new SettingsError(`--config: there is no file ${resolve(cwd, configFile)}`);
}

async function readDefaults(): Promise<SettingsFile> {
  const path = packagePath('config/default.yaml');
  const file = await readSettingsFile(path);
  if (!file) throw new SettingsError(`${path} is missing: install slimboard again`);
  return file;
}

function variables(env: Environment): Readonly<Record<string, unknown>> {
  return Object.fromEntries(VARIABLES.map(([name]) => [name, variableOf(env, name)]));
}

/** @param displayName returns the name of a flag or variable as errors show it */
function assignments(
  names: readonly (readonly [name: string, ...path: string[]])[],
  values: Readonly<Record<string, unknown>>,
  displayName: (name: string) => string,
): readonly Assignment[] {
  return names
    .map(([name, ...path]) => ({ name: displayName(name), path, value: values[name] }))
    .filter(({ value }) => value !== undefined && value !== '');
}

/** What the origins of settings come to; without data if they have mistakes. */
interface ParsedOrigins<Settings> {
  readonly data?: Settings;
  /** A line for each. */
  readonly mistakes: readonly string[];
}

/** Merges the origins and parses the result. */
function parse<Schema extends z.ZodType>(
  schema: Schema,
  origins: readonly SettingsOrigin[],
): ParsedOrigins<z.output<Schema>> {
  const result = schema.safeParse(mergeAll(origins.map((origin) => origin.value)));
  if (result.success) return { data: result.data, mistakes: [] };
  const mistakes = result.error.issues.flatMap(mistakesOf).map(({ path, message }) => {
    const origin = origins.findIndex((each) => each.placeOf(path) !== undefined);
    const place = origins[origin]?.placeOf(path) ?? 'settings';
    return { origin, place, text: formatMistake(place, path, message) };
  });
  // In the order of the origins, and of the lines of the file.
  mistakes.sort((a, b) => a.origin - b.origin || a.place.localeCompare(b.place, 'en', { numeric: true }));
  return { mistakes: mistakes.map(({ text }) => text) };
}

interface Mistake {
  readonly path: KeyPath;
  readonly message: string;
}

/** One issue tells of all unknown keys of an object, and its message has a line for each. */
function mistakesOf({ path, message, ...issue }: z.core.$ZodIssue): readonly Mistake[] {
  if (issue.code !== 'unrecognized_keys') return [{ path, message }];
  const messages = message.split('\n');
  return issue.keys.map((key, at) => ({ path: [...path, key], message: messages[at] ?? '' }));
}

/** `slimboard.yaml:12: sources[0].regions: …` */
function formatMistake(place: string, path: KeyPath, message: string): string {
  // A flag already names its key.
  const key = place.startsWith('--') ? '' : formatPath(path);
  return [place, key, message].filter((part) => part !== '').join(': ');
}

/** `sources[0].regions` */
function formatPath(path: KeyPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

/** Files are copied, committed and mailed, so secrets are read from the environment only. */
const SECRETS: readonly (readonly [path: KeyPath, variable: string, isSecret: (value: unknown) => boolean])[] = [
  [['databaseUrl'], 'SLIMBOARD_DATABASE_URL', hasPassword],
  [['redisUrl'], 'SLIMBOARD_REDIS_URL', hasPassword],
  [['serve', 'token'], 'SLIMBOARD_SERVE_TOKEN', (value) => value !== undefined],
];

function refuseSecrets(file: SettingsFile): void {
  for (const [path, variable, isSecret] of SECRETS) {
    if (!isSecret(valueAt(file.value, path))) continue;
    const place = file.placeOf(path) ?? file.path;
    throw new SettingsError(formatMistake(place, path, `secrets are never read from a file: put it into ${variable}`));
  }
}

function hasPassword(url: unknown): boolean {
  return typeof url === 'string' && (/\/\/[^/@]*:[^/@]+@/.test(url) || PASSWORD_IN_QUERY.test(url));
}

/** Makes the paths in a source absolute, so that they do not depend on the working directory later. */
function withAbsolutePaths<Source extends z.output<typeof settingsSchema>['sources'][number]>(
  source: Source,
  cwd: string,
): Source {
  if (source.kind !== 'oci') return source;
  const files = (['caFile', 'certFile', 'keyFile'] as const).flatMap((key) => {
    const path = source[key];
    return path === undefined ? [] : [[key, resolve(cwd, path)]];
  });
  return { ...source, ...Object.fromEntries(files) };
}
