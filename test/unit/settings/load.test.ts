import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { SettingsError } from '../../../src/errors.ts';
import { packagePath } from '../../../src/package-root.ts';
import { type LoadSettingsOptions, loadSettings } from '../../../src/settings/load.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { newFolder } from '../../support/new-folder.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await newFolder();
});

async function load(yaml: string | Uint8Array, options: Partial<LoadSettingsOptions> = {}): Promise<Settings> {
  await writeFile(join(cwd, 'slimboard.yaml'), yaml);
  return loadSettings({ cwd, env: {}, flags: {}, ...options });
}

/** What is said of settings that are wrong. */
async function refusalOf(yaml: string, options: Partial<LoadSettingsOptions> = {}): Promise<string> {
  const error = await load(yaml, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SettingsError);
  return (error as SettingsError).message;
}

const OCI = 'sources: [{ name: a, kind: oci, registry: registry.example.com }]\n';

describe('defaults', () => {
  test('apply without file, variables and flags', async () => {
    const settings = await loadSettings({ cwd, env: {}, flags: {} });
    expect(settings).toMatchObject({
      dataDir: join(cwd, '.slimboard'),
      sources: [],
      policy: { goal: { kind: 'reduction', ratio: 0.9 }, budgets: [], rules: {} },
      prices: { storagePerGBMonth: 0.1, currency: 'USD' },
      serve: { host: '127.0.0.1', port: 8620 },
    });
    expect(settings.databaseUrl).toBeUndefined();
    expect(settings.redisUrl).toBeUndefined();
  });

  test('the commented examples in the shipped file are valid settings', async () => {
    const shipped = await readFile(packagePath('config/default.yaml'), 'utf8');
    // What a comment shows is taken in, in place of the empty default above it.
    const shown = shipped
      .replace(/^ *(\w+): (?:\[\]|\{\})( #.*)?\n(?= *# \1:\n)/gm, '')
      .replace(/^( *)# (?=( *)(?:- )?[A-Za-z]+:(?: |$))/gm, '$1')
      .replace(/^ *urlFrom: .*\n/m, '');
    const settings = await load(shown);
    expect(settings.sources.map(({ name }) => name)).toEqual(['harbor', 'prod']);
    expect(settings.policy.budgets).toEqual([
      {
        team: 'payments',
        maxImageSize: 300_000_000,
        maxLayers: 20,
        goal: { kind: 'size', bytes: 120_000_000 },
        baseline: 800_000_000,
      },
    ]);
    expect(settings.teams).toHaveLength(1);
    expect(settings.reports).toHaveLength(1);
    expect(settings.notify).toHaveLength(1);
    expect(settings.databaseUrl).toMatch(/^postgres:/);
    expect(settings.redisUrl).toMatch(/^redis:/);
  });

  test('blobs are shared by repository on ECR, by registry elsewhere', async () => {
    const { sources } = await load(`${OCI.replace(']\n', '')}, { name: b, kind: ecr }]`);
    expect(sources.map(({ dedup }) => dedup)).toEqual(['registry', 'repository']);
  });
});

describe('order', () => {
  const yaml = 'databaseUrl: postgres://file/db\nserve: { port: 1 }\n';

  test('flags override variables, which override the file, which overrides defaults', async () => {
    const env = { SLIMBOARD_DATABASE_URL: 'postgres://variable/db', SLIMBOARD_SERVE_PORT: '2' };
    const byFlag = await load(yaml, { env, flags: { database: 'postgres://flag/db' } });
    expect(byFlag.databaseUrl).toBe('postgres://flag/db');
    expect(byFlag.serve).toMatchObject({ host: '127.0.0.1', port: 2 });
    expect((await load(yaml, { env })).databaseUrl).toBe('postgres://variable/db');
    expect((await load(yaml)).databaseUrl).toBe('postgres://file/db');
  });

  test("slimboard's own variable overrides the common one, and an empty one does not count", async () => {
    const env = { SLIMBOARD_REDIS_URL: 'redis://own', REDIS_URL: 'redis://common' };
    expect((await load('', { env })).redisUrl).toBe('redis://own');
    expect((await load('', { env: { ...env, SLIMBOARD_REDIS_URL: '' } })).redisUrl).toBe('redis://common');
  });

  test('a source overrides sourceDefaults, and flags override both', async () => {
    const layered = 'sourceDefaults: { newest: 3, deep: true }\nsources: [{ name: a, kind: ecr, newest: 5 }]';
    expect((await load(layered)).sources[0]).toMatchObject({ newest: 5, deep: true, concurrency: 32, full: false });
    const flags = { newest: '7', platform: ['all'], plainHttp: true, full: true, tags: 'v*', verbose: true };
    const flagged = await load(layered, { flags });
    const expected = { newest: 7, platforms: 'all', plainHttp: true, full: true, tags: ['v*'], deep: true };
    expect(flagged.sources[0]).toMatchObject(expected);
    expect(flagged.sourceDefaults).toMatchObject(expected);
  });

  test('--config names another file', async () => {
    await writeFile(join(cwd, 'other.yaml'), 'teamKey: owner\n');
    expect((await load('', { configFile: 'other.yaml' })).teamKey).toBe('owner');
  });
});

describe('values', () => {
  test('are parsed, once', async () => {
    const settings = await load(`
sources:
  - { name: a, kind: oci, registry: Registry.Example.com:5000, caFile: ca.pem, certFile: a.pem, keyFile: /key.pem, platforms: [linux/arm64], schedule: "@daily", timezone: europe/berlin }
teams: [{ name: t, repositories: a/** }]
retention: { audits: 2y }
policy: { rules: { root-user: off } }
reports:
`);
    expect(settings.sources[0]).toMatchObject({
      registry: 'registry.example.com:5000',
      caFile: join(cwd, 'ca.pem'),
      certFile: join(cwd, 'a.pem'),
      keyFile: '/key.pem',
      platforms: [{ os: 'linux', architecture: 'arm64' }],
      timezone: 'Europe/Berlin',
    });
    expect(settings.teams).toEqual([{ name: 't', repositories: ['a/**'] }]);
    expect(settings.retention).toEqual({ audits: 63_072_000_000, content: 2_592_000_000 });
    expect(settings.policy.rules).toEqual({ 'root-user': 'off' });
    expect(settings.reports).toEqual([]);
  });
});

test.each<[string, (value: unknown) => string, readonly unknown[], readonly unknown[]]>([
  ['concurrency', (value) => `sourceDefaults: { concurrency: ${value} }`, [1, 512], [0, 513, 1.5]],
  ['newest', (value) => `sourceDefaults: { newest: ${value} }`, [1, 1_000_000, 'all'], [0, 1_000_001, 'some']],
  ['port', (value) => `serve: { port: ${value} }`, [0, 65_535], [-1, 65_536]],
  ['metricsPort', (value) => `metricsPort: ${value}`, [0, 65_535], [-1, 65_536]],
  ['maxLayers', (value) => `policy: { budgets: [{ maxLayers: ${value} }] }`, [1, 1_000], [0, 1_001]],
  ['storagePerGBMonth', (value) => `prices: { storagePerGBMonth: ${value} }`, [0, 0.001], [-0.001, 'free']],
  ['currency', (value) => `prices: { currency: ${value} }`, ['EUR'], ['EURO', 'eur']],
  ['requestTimeout', (value) => OCI.replace('}', `, requestTimeout: ${value} }`), ['1s'], ['999ms', '0s']],
  ['name', (value) => OCI.replace('a,', `${value},`), ['x'.repeat(63), '9.a_b-c'], ['x'.repeat(64), '-a', 'a b']],
  ['on', (value) => `notify: [{ kind: slack, urlFrom: HOOK, on: ${value} }]`, ['[budget]', 'failed'], ['[]']],
  ['teamKey', (value) => `teamKey: "${value}"`, ['t'], ['']],
])('the bounds of %s', async (_, yaml, accepted, refused) => {
  for (const value of accepted) await expect(load(yaml(value)), String(value)).resolves.toBeDefined();
  for (const value of refused) await expect(load(yaml(value)), String(value)).rejects.toThrow(/ expected | not /);
});

test('a source in ECR reads no credentials of a registry, so its name may differ in punctuation only', async () => {
  const { sources } = await load(`${OCI.replace('a,', 'team-a,').replace(']\n', '')}, { name: Team.A, kind: ecr }]`);
  expect(sources.map(({ name }) => name)).toEqual(['team-a', 'Team.A']);
});

test('a budget accepts any team that a tag of the registry or a label may name', async () => {
  const { policy } = await load('policy: { budgets: [{ team: Payments Team München, maxLayers: 20 }] }');
  expect(policy.budgets).toEqual([{ team: 'Payments Team München', maxLayers: 20 }]);
});

describe('YAML', () => {
  test('a merge key copies the settings of another source', async () => {
    const { sources } = await load(`
sources:
  - &a { name: a, kind: ecr, regions: [eu-west-1], deep: true }
  - { <<: *a, name: b, deep: false }
`);
    expect(sources[1]).toMatchObject({ name: 'b', kind: 'ecr', regions: ['eu-west-1'], deep: false });
  });

  test.each(['', '---\n', '---\n# sources: []\n', '# all of it is commented out'])(
    'a file that says nothing sets nothing: %j',
    async (yaml) => {
      expect((await load(yaml)).sources).toEqual([]);
    },
  );
});

describe('mistakes name file, line, key and what is accepted', () => {
  const source = (line: string): string => `sources:\n  - name: a\n    kind: ecr\n    ${line}\n`;

  test.each([
    [
      'a typo',
      source('regoins: [eu-west-1]'),
      ':4: sources[0].regoins: unknown key (did you mean "regions"?); accepted: ',
    ],
    ['an item that stands for a list of it', source('platforms: linux'), ':4: sources[0].platforms[0]: "linux" is not'],
    [
      'an endpoint that is no URL',
      source('endpoint: x'),
      ':4: sources[0].endpoint: expected a URL, such as https://api.ecr.',
    ],
    ['a goal without a unit', 'policy: { goal: 90 }', ':1: policy.goal: "90" is not a goal: expected for example 90%'],
    [
      'a timeout that no answer meets',
      'sources: [{ name: a, kind: oci, registry: r.example.com, requestTimeout: 0s }]',
      ':1: sources[0].requestTimeout: expected at least 1s',
    ],
    ['an unknown key', 'foobar: 1', ':1: foobar: unknown key; accepted: databaseUrl,'],
    [
      'a number for text',
      source('account: 123456789012'),
      ':4: sources[0].account: expected the number of an account, such as "123456789012"',
    ],
    [
      'a name with other characters',
      'teams:\n  - { name: Team Search, repositories: [a] }',
      ':2: teams[0].name: expected letters, digits, . _ and - (at most 63), such as prod',
    ],
    ['text for a list', 'teams: none', ':1: teams: expected a list'],
    ['a list for keys', 'log: [info]', ':1: log: expected keys and values; accepted: level, format'],
    [
      'a wrong choice',
      'log:\n  level: inof',
      ':2: log.level: expected one of silent, fatal, error, warn, info, debug, trace (did you mean "info"?)',
    ],
    ['no kind', 'sources:\n  - name: a', ':2: sources[0].kind: expected kind: oci or kind: ecr'],
    [
      'a misspelled kind',
      'sources:\n  - name: a\n    kindd: oci',
      ':3: sources[0].kindd: unknown key (did you mean "kind"?); accepted: kind, name, ',
    ],
    [
      'an unknown key beside an unknown kind',
      'sources:\n  - kind: acr\n    regoins: [eu-west-1]',
      ':3: sources[0].regoins: unknown key (did you mean "regions"?); accepted: kind, name, ',
    ],
    [
      'a URL without a scheme',
      'notify: [{ kind: webhook, url: ci.example.com }]',
      ':1: notify[0].url: expected a URL, such as https://ci.example.com/hooks/slimboard',
    ],
    [
      'no registry',
      'sources:\n  - name: a\n    kind: oci',
      ':2: sources[0].registry: expected text, such as registry.example.com',
    ],
    [
      'a URL as a registry',
      'sources:\n  - { name: a, kind: oci, registry: "https://a.example.com" }',
      ':2: sources[0].registry: "https://a.example.com" is not a registry',
    ],
    [
      'a user and a password before a registry',
      'sources:\n  - { name: a, kind: oci, registry: "app:hunter@2@a.example.com" }',
      ':2: sources[0].registry: "[redacted]@a.example.com" is not a registry',
    ],
    ['a bad schedule', source('schedule: "61 2 * * *"'), ':4: sources[0].schedule: expected minute, hour,'],
    [
      'a schedule that is drawn at random',
      source('schedule: "H 2 * * *"'),
      ':4: sources[0].schedule: expected minute, hour,',
    ],
    ['a date that never comes', source('schedule: "0 2 30 2 *"'), ':4: sources[0].schedule: expected minute, hour,'],
    ['a schedule by the second', source('schedule: "* * * * * *"'), ':4: sources[0].schedule: expected minute, hour,'],
    ['a bad time zone', source('timezone: Mars/Olympus'), ':4: sources[0].timezone: expected a time zone'],
    ['a bad platform', source('platforms: [linux]'), ':4: sources[0].platforms[0]: "linux" is not a platform'],
    ['a bad pattern', source('include: ["[a]"]'), ':4: sources[0].include[0]: "[a]" is not a pattern'],
    ['a bad number', source('concurrency: 0'), ':4: sources[0].concurrency: expected a whole number from 1 to 512'],
    [
      'a bad size',
      'policy:\n  budgets:\n    - maxImageSize: big',
      ':3: policy.budgets[0].maxImageSize: "big" is not a size',
    ],
    [
      'a tag that YAML takes for a number',
      source('tags: [1.10]'),
      ':4: sources[0].tags[0]: expected text, such as payments/**; quote what looks like a number',
    ],
    ['a goal that all have reached', 'policy: { goal: 0% }', ':1: policy.goal: "0%" is not a goal'],
    [
      'a notification of nothing',
      'notify: [{ kind: webhook, url: "https://ci.example.com/x", on: [] }]',
      ':1: notify[0].on: expected at least one event',
    ],
    ['a bad goal', 'policy: { goal: 120% }', ':1: policy.goal: "120%" is not a goal'],
    [
      'a budget without a limit',
      'policy: { budgets: [{ team: a }] }',
      ':1: policy.budgets[0]: expected maxImageSize, maxLayers or goal',
    ],
    [
      'a baseline without its goal',
      'policy: { budgets: [{ maxLayers: 9, baseline: 800MB }] }',
      ':1: policy.budgets[0]: baseline needs a goal',
    ],
    [
      'a bad severity',
      'policy:\n  rules:\n    root-user: fatal',
      ':3: policy.rules.root-user: expected one of off, info, warn, error',
    ],
    [
      'a name twice',
      'teams:\n  - { name: a, repositories: a }\n  - { name: a, repositories: b }',
      ':3: teams[1].name: duplicate name "a": each name must be unique',
    ],
    [
      'names that lead to the same credentials',
      'sources:\n  - { name: team-a, kind: oci, registry: a.example.com }\n  - { name: Team.A, kind: oci, registry: b.example.com }',
      ':3: sources[1].name: "Team.A" and "team-a" both read SLIMBOARD_REGISTRY_TEAM_A_PASSWORD: choose another name',
    ],
    [
      'a certificate without its key',
      'sources:\n  - { name: a, kind: oci, registry: a.example.com, certFile: a.pem }',
      ':2: sources[0]: certFile and keyFile must be set together',
    ],
    ['a notification to nowhere', 'notify:\n  - kind: slack', ':2: notify[0]: expected either url, or urlFrom'],
    [
      'a report for no store of ours',
      'reports:\n  - kind: teams\n    format: csv\n    path: gs://bucket/teams.csv',
      ':4: reports[0].path: cannot write a report to "gs://bucket/teams.csv"',
    ],
    [
      'two reports in one place',
      'reports:\n  - { kind: teams, format: csv, path: a.csv }\n  - { kind: bases, format: csv, path: a.csv }',
      ':3: reports[1].path: duplicate path "a.csv": each path must be unique',
    ],
    ['no YAML', 'log: [', ':1: invalid YAML: Flow sequence'],
    [
      'two documents',
      'log: {}\n---\nlog: {}',
      ':2: invalid YAML: expected one document: remove the line "---" that begins another',
    ],
    ['a list as file', '- a', ':1: expected keys and values'],
    ['a word as file', 'sources', ':1: expected keys and values'],
    ['a key twice', 'log: {}\nlog: {}', ':2: invalid YAML'],
  ])('%s', async (_, yaml, message) => {
    expect(await refusalOf(yaml)).toContain(join(cwd, 'slimboard.yaml') + message);
  });

  test('do not show the lines around invalid YAML, which may hold secrets', async () => {
    const yaml = 'serve: {}\nserve: { token: hunter2 }';
    await expect(load(yaml)).rejects.toThrow(/:2: invalid YAML: Map keys must be unique$/);
  });

  test.each([true, false])('do not include the text %s for a switch', async (value) => {
    const { sourceDefaults } = await load('', { flags: { plainHttp: `${value}` } });
    expect(sourceDefaults.plainHttp).toBe(value);
  });

  test('are in the order of the places where settings come from, and of the lines of the file', async () => {
    const yaml = `prices: { storagePerGBMonth: much }
unknown: 1
policy: { goal: 5 }
log:
  colour: 1
  level: loud
dedupe: 1
${'\n'.repeat(4)}sources: 1`;
    const places = (await refusalOf(yaml, { env: { SLIMBOARD_SERVE_PORT: 'web' }, flags: { logFormat: 'xml' } }))
      .split('\n')
      .map((line) => line.replace(/^.*slimboard\.yaml/, '').replace(/(\d|\w): .*/, '$1'));
    expect(places).toEqual(['--log-format', 'SLIMBOARD_SERVE_PORT', ':1', ':2', ':3', ':5', ':6', ':7', ':12']);
  });

  test.each([
    [10, /teams\[9\]\.name: expected/],
    [12, /^… and 2 more$/],
  ])('are told ten at a time, and how many more there are: %i end with %s', async (mistakes, end) => {
    const teams = Array.from({ length: mistakes }, (_, at) => `{ name: "a ${at}", repositories: [a] }`);
    const lines = (await refusalOf(`teams: [${teams.join(', ')}]`)).split('\n');
    expect(lines.filter((line) => line.includes('teams['))).toHaveLength(10);
    expect(lines.at(-1)).toMatch(end);
  });

  test.each([
    ['variable', { env: { SLIMBOARD_SERVE_PORT: 'web' } }, 'SLIMBOARD_SERVE_PORT: serve.port: expected a whole number'],
    ['flag', { flags: { plainHttp: 'maybe' } }, '--plain-http: expected true or false'],
    ['flag', { flags: { logLevel: 'loud' } }, /^--log-level: expected one of .*, debug, trace$/],
    ['flag', { flags: { logLevel: 5 } }, /^--log-level: expected one of .*, debug, trace$/],
    ['flag', { flags: { platform: ['amd64'] } }, '--platform: "amd64" is not a platform'],
    ['flag', { configFile: 'none.yaml' }, '--config: there is no file'],
    ['flag', { configFile: '' }, '--config: expected the name of a file'],
  ])('of a %s: %o', async (_, options, message) => {
    await expect(load('', options)).rejects.toThrow(message);
  });

  test.each([
    ['Latin-1', Buffer.from('teams: [{ name: Zürich, repositories: ["**"] }]', 'latin1')],
    ['UTF-16', Buffer.from('\ufeffteams: []', 'utf16le')],
  ])('a file in %s', async (_, bytes) => {
    await expect(load(bytes)).rejects.toThrow('slimboard.yaml: the text is not UTF-8: save the file as UTF-8');
  });

  test('a file that begins with a byte order mark is read', async () => {
    expect((await load('\ufeffteams: [{ name: a, repositories: ["**"] }]')).teams).toHaveLength(1);
  });

  test('each of several unknown keys and rules, at its line', async () => {
    expect((await refusalOf(source('regoins: [a]\n    two: 2\none: 1'))).replaceAll(cwd, '').split('\n')).toEqual([
      expect.stringMatching(/^\/slimboard.yaml:4: sources\[0\].regoins: .*"regions"/),
      expect.stringContaining('/slimboard.yaml:5: sources[0].two: unknown key'),
      expect.stringContaining('/slimboard.yaml:6: one: unknown key'),
    ]);
    expect(await refusalOf('policy:\n  rules:\n    root-usr: warn\n    b: off')).toMatch(
      /:3: policy.rules.root-usr: .*"root-user".*\n.*:4: policy.rules.b: unknown key/,
    );
  });

  test('a rule, an exception and a flag that are wrong, and a mistake elsewhere, at once', async () => {
    const yaml =
      'policy: { rules: { root-usr: off, root-user: loud }, exceptions: [{ rules: max-layer, reason: why }] }\nteamKey: [a]';
    const refusal = await refusalOf(yaml, { flags: { newest: '0' } });
    expect(refusal.replaceAll(`${cwd}/`, '').split('\n')).toEqual([
      expect.stringMatching(/^--newest: expected "all", or the number of tags/),
      expect.stringMatching(/^slimboard.yaml:1: policy.rules.root-usr: unknown key/),
      expect.stringMatching(/^slimboard.yaml:1: policy.rules.root-user: expected one of off/),
      expect.stringMatching(/^slimboard.yaml:1: policy.exceptions\[0\].rules\[0\]: expected one of/),
      expect.stringMatching(/^slimboard.yaml:2: teamKey: /),
    ]);
  });

  test('exceptions, and what they accept', async () => {
    const yaml = 'policy: { exceptions: [{ rules: max-layers, until: 2028-02-29, reason: why }] }';
    const { policy } = await load(yaml);
    expect(policy.exceptions).toEqual([{ rules: ['max-layers'], until: '2028-02-29', reason: 'why' }]);
    const misspelt = 'policy:\n  exceptions:\n    - { reason: a, team: b }\n    - { reason: a, rules: [max-layer] }';
    expect(await refusalOf(misspelt)).toMatch(
      /:4: policy.exceptions\[1\].rules\[0\]: expected one of .*max-layers, .*\(did you mean "max-layers"\?\)$/,
    );
  });

  test.each([
    ['nothing', '{ reason: a }', 'exceptions\\[0\\]: expected rules, team or repository'],
    ['no reason', '{ rules: [root-user] }', 'reason: expected why these violations are accepted'],
    ['a day that does not exist', '{ reason: a, team: b, until: 2027-02-29 }', 'until: expected a day'],
    ['a time', '{ reason: a, team: b, until: 90d }', 'until: expected a day'],
  ])('an exception with %s is refused', async (_, exception, message) => {
    await expect(load(`policy: { exceptions: [${exception}] }`)).rejects.toThrow(new RegExp(message));
  });

  test('a mistake behind an alias, at the line that uses the alias', async () => {
    const yaml = `
sources:
  - &a { name: a, kind: ecr, regoins: [eu-west-1] }
  - { name: b, kind: ecr }
  - *a
`;
    expect((await refusalOf(yaml)).replaceAll(cwd, '').split('\n')).toEqual([
      expect.stringContaining('/slimboard.yaml:3: sources[0].regoins: unknown key'),
      expect.stringContaining('/slimboard.yaml:5: sources[2].regoins: unknown key'),
      '/slimboard.yaml:5: sources[2].name: duplicate name "a": each name must be unique',
    ]);
  });

  test('a mistake in a merged key, at the key or where it is merged', async () => {
    const yaml = `
sources:
  - &a { name: a, kind: ecr, regoins: [eu-west-1] }
  - <<: *a
    name: b
`;
    await expect(load(yaml)).rejects.toThrow(/slimboard\.yaml:4: sources\[1\]\.regoins: unknown key/);
  });

  test('aliases that expand without bound', async () => {
    const ofTen = (item: string): string => `[${Array(10).fill(item).join(', ')}]`;
    const yaml = `a: &a ${ofTen('x')}\nb: &b ${ofTen('*a')}\nc: &c ${ofTen('*b')}\nd: ${ofTen('*c')}`;
    await expect(load(yaml)).rejects.toThrow(/invalid YAML: .*alias/);
  });
});

describe('secrets', () => {
  test('a private key in place of its path is not shown', async () => {
    const yaml = `sources:\n  - name: a\n    kind: oci\n    registry: a.example.com\n    certFile: a.pem\n    keyFile: |\n      -----BEGIN PRIVATE KEY-----\n      c2VjcmV0\n`;
    expect(await refusalOf(yaml)).toMatch(
      /:6: sources\[0\]\.keyFile: expected the path of a file, such as \/etc\/ssl\/client-key.pem$/,
    );
  });

  test.each(['password', 'token'])('of a registry: %s', async (key) => {
    const said = await refusalOf(
      `sources:\n  - name: a\n    kind: oci\n    registry: registry.example.com\n    ${key}: hunter2`,
    );
    expect(said).toContain(`:5: sources[0].${key}: secrets are never read from a file`);
    expect(said).toContain('SLIMBOARD_REGISTRY_<NAME>_USERNAME, _PASSWORD or _TOKEN');
    expect(said).not.toContain('hunter2');
  });

  test.each([
    ['databaseUrl: postgres://a:hunter2@db.example.com/a', 'SLIMBOARD_DATABASE_URL'],
    ['redisUrl: redis://:hunter2@redis.example.com', 'SLIMBOARD_REDIS_URL'],
    ['databaseUrl: "postgres://db.example.com/a?user=a&password=hunter2"', 'SLIMBOARD_DATABASE_URL'],
    ['redisUrl: redis://redis.example.com?password=hunter2', 'SLIMBOARD_REDIS_URL'],
    ['notify: [{ kind: webhook, url: "https://a:hunter2@ci.example.com/" }]', 'urlFrom: SLIMBOARD_WEBHOOK_URL'],
    ['notify: [{ kind: webhook, url: "https://ci.example.com/?password=hunter2" }]', 'urlFrom: SLIMBOARD_WEBHOOK_URL'],
    ['sources: [{ name: a, kind: ecr, endpoint: "https://hunter2@ecr.example.com" }]', "AWS's usual credentials"],
    ['serve: { token: hunter2hunter2hunter2 }', 'SLIMBOARD_SERVE_TOKEN'],
  ])('%s belongs into %s', async (yaml, variable) => {
    const said = await refusalOf(yaml);
    expect(said).toContain(variable);
    expect(said).not.toContain('hunter2');
  });

  test('keys of secrets are not among those that a file may hold, but the name of a variable is', async () => {
    await expect(load('serve: { prt: 1 }')).rejects.toThrow(
      /serve\.prt: unknown key \(did you mean "port"\?\); accepted: host, port$/,
    );
    await expect(load('notify: [{ kind: webhook, ulr: a }]')).rejects.toThrow(
      /accepted: kind, url, urlFrom, secretFrom, on/,
    );
  });

  const BROKEN = 'p#ss@db/b p/ss@db/b p@w/ss@db/b p@w?ss@db/b p@w#ss@db/b 12/ss@db/b pass@db:99999/b'
    .split(' ')
    .map((rest) => `postgres://u:${rest}`);
  test.each([...BROKEN, 'postgres://[::1/b'])(
    'a URL that is none is told with its variable, and not shown: %s',
    async (url) => {
      const said = await refusalOf('', { env: { DATABASE_URL: url } });
      expect(said).toMatch(
        /DATABASE_URL: databaseUrl: not a valid URL: name one host; in a password, write # .* as %23/,
      );
      expect(said).not.toContain('ss@');
    },
  );

  test('what is no URL of a database is told once', async () => {
    expect((await refusalOf('', { env: { DATABASE_URL: 'foo' } })).split('\n')).toEqual([
      expect.stringContaining('expected a URL of Postgres, such as postgres://'),
    ]);
  });

  test('variables from a file that was written on Windows end with its line break', async () => {
    const env = { SLIMBOARD_LOG_FORMAT: 'json\r', SLIMBOARD_SERVE_PORT: '80\r\n', SLIMBOARD_DATA_DIR: '\r' };
    const { log, serve, dataDir } = await load('', { env });
    expect({ format: log.format, port: serve.port, dataDir }).toEqual({
      format: 'json',
      port: 80,
      dataDir: join(cwd, '.slimboard'),
    });
  });

  test.each([
    'postgres:///slimboard?host=/var/run/postgresql',
    'postgres://user:p%23ss@/slimboard?host=/var/run/postgresql',
    'postgres://user@%2Fvar%2Frun/slimboard',
    'postgres://db.example.com/slimboard?user=auditor@tenant',
  ])('a socket is an address, too: %s', async (url) =>
    expect(await load('', { env: { DATABASE_URL: url } })).toMatchObject({ databaseUrl: url }),
  );

  test('come from the environment, and no error shows them', async () => {
    const settings = await load('', {
      env: { DATABASE_URL: 'postgres://a:pw@db/a', SLIMBOARD_SERVE_TOKEN: `${'x'.repeat(20)}\n` },
    });
    expect(settings.databaseUrl).toBe('postgres://a:pw@db/a');
    expect(settings.serve.token).toBe('x'.repeat(20));
    await expect(load('', { env: { SLIMBOARD_SERVE_TOKEN: 'short' } })).rejects.toThrow(
      'SLIMBOARD_SERVE_TOKEN: serve.token: expected at least 16 characters, such as those that "openssl rand -hex 32" prints',
    );
    const said = await refusalOf('', { env: { DATABASE_URL: 'mysql://a:hunter2@db/a' } });
    expect(said).toMatch(/DATABASE_URL: databaseUrl: expected a URL of Postgres, such as postgres:/);
    expect(said).not.toContain('hunter2');
  });
});
