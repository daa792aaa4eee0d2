import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../../src/database/open-database.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { image, index } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { answer } from '../../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

let cwd: string;
let registry: RegistryServer;
let environment: Readonly<Record<string, string>>;
/** What the audit printed. */
let audited: Awaited<ReturnType<typeof slimboard>>;

/** One audit of two repositories, of which one failed. Tests only read it, or have databases and registries of their own. */
beforeAll(async () => {
  cwd = await newFolder();
  environment = await newDatabase();
  registry = await startRegistry();
  registry.push('team-a/api', '1', image({ layers: ['api'] }));
  registry.push('team-a/lost', '1', image({ layers: ['lost'] }));
  registry.fault({ path: /team-a\/lost\/manifests/ }, answer(404, {}, 'MANIFEST_UNKNOWN'));
  audited = await slimboard('audit', registry.host);
});
afterAll(() => registry.close());

/** A variable that names a new database; a command opens it in a tenth of the time that the embedded one takes. */
async function newDatabase(): Promise<Readonly<Record<string, string>>> {
  return { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
}

async function slimboard(...args: string[]) {
  return runIn(environment, ...args);
}

/** Without the lines on progress, which an audit writes only if it takes more than five seconds. */
async function runIn(variables: Readonly<Record<string, string>>, ...args: string[]) {
  const ran = await runInProcess(cwd, args, variables);
  return { ...ran, stderr: ran.stderr.replaceAll(/^.* tags\/s.*\n/gm, '') };
}

describe('the messages of an audit', () => {
  test('are text for people: the failures and a summary', () => {
    const { code, stdout, stderr } = audited;
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining('slimboard: '),
      'slimboard: "slimboard report errors" lists every item that failed',
      expect.stringContaining('2 tags: 1 audited, 0 skipped, 1 failed'),
      '',
    ]);
  });

  test('are lines of JSON if the log is JSON', async () => {
    const own = await newDatabase();
    const { stderr } = await runIn(own, 'audit', registry.host, '--log-format', 'json');
    expect(recordsOf(stderr)).toMatchObject([
      { level: 'error', msg: expect.stringContaining('team-a/lost:1') },
      { level: 'error', msg: '"slimboard report errors" lists every item that failed' },
      { level: 'info', msg: expect.stringContaining('2 tags: 1 audited, 0 skipped, 1 failed') },
    ]);
    const quiet = await runIn(own, 'audit', registry.host, '--log-format', 'json', '--quiet');
    expect(recordsOf(quiet.stderr).map(({ level }) => level)).toEqual(['error', 'error']);
  });

  test('name what failed in the end, not what was read after all from another repository', async () => {
    const own = await startRegistry();
    onTestFinished(() => own.close());
    const shared = image({ layers: ['shared'] });
    own.push('a/refuses', '1', index([shared]));
    own.push('b/gives', '1', index([shared]));
    own.push('c/lost', '1', image({ layers: ['lost'] }));
    own.fault({ path: new RegExp(`a/refuses/manifests/${shared.digest}`) }, answer(403, {}, 'DENIED'));
    own.fault({ path: /c\/lost\/manifests/ }, answer(404, {}, 'MANIFEST_UNKNOWN'));
    const variables = await newDatabase();
    // One at a time, so that the second repository gives it after the first one has refused it.
    const { code, stderr } = await runIn(variables, 'audit', own.host, '--concurrency', '1');
    expect(own.count({ path: new RegExp(shared.digest) })).toBe(2);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('c/lost:1') });
    expect(stderr).not.toContain('a/refuses');
    const { stdout } = await runIn(variables, 'report', 'errors', '--format', 'csv');
    expect(stdout).not.toContain('a/refuses');
  });

  test('so is the error that ends a command, with a stack trace at log level debug', async () => {
    const ended = await slimboard('status', '99', '--log-format', 'json');
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(recordsOf(ended.stderr)).toEqual([
      { level: 'error', time: expect.any(String), msg: expect.stringContaining('there is no audit 99') },
    ]);
    const debugged = await slimboard('status', '99', '--log-format', 'json', '--log-level', 'debug');
    expect(recordsOf(debugged.stderr)).toMatchObject([{ error: { stack: expect.any(String) } }]);
    const unread = await slimboard('status', '--config', 'missing.yaml', '--log-format', 'json');
    expect(recordsOf(unread.stderr)).toMatchObject([{ msg: expect.stringContaining('missing.yaml') }]);
    const byVariable = await runInProcess(cwd, ['status', '--config', 'missing.yaml'], {
      SLIMBOARD_LOG_FORMAT: 'json\r',
    });
    expect(recordsOf(byVariable.stderr)).toHaveLength(1);
  });
});

test('a failed delivery counts as a failed item, even though the audit is finished', async () => {
  const folder = await newFolder();
  const own = await newDatabase();
  const reports = 'reports: [{ kind: teams, format: csv, path: /proc/nowhere/teams.csv }]';
  await writeFile(join(folder, 'slimboard.yaml'), reports);
  const { code, stderr } = await runInProcess(folder, ['audit', `${registry.host}/team-a/api`], own);
  expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining(' finished ') });
  const { stdout } = await runInProcess(folder, ['report', 'errors', '--format', 'csv'], own);
  expect(stdout).toMatch(/,delivery,.*\/proc\/nowhere/);
});

test('a delivery that an earlier audit had left, and that fails again, counts, and is told with the number of that audit', async () => {
  const folder = await newFolder();
  const own = await newDatabase();
  await runInProcess(folder, ['audit', `${registry.host}/team-a/api`], own);
  const db = await openDatabase({ url: own.SLIMBOARD_DATABASE_URL, dataDir: '' });
  await db.query("update audit set runner = 'none'");
  await db.query("insert into audit_task (audit_id, kind, key, payload) values (1, 'deliver', 'deliver', '{}')");
  await db.close();
  await writeFile(
    join(folder, 'slimboard.yaml'),
    'reports: [{ kind: teams, format: csv, path: "teams-{audit}.csv/report" }]',
  );
  await writeFile(join(folder, 'teams-1.csv'), 'a file, not a folder');
  const { code, stderr } = await runInProcess(folder, ['audit', `${registry.host}/team-a/api`], own);
  expect({ code, stderr }).toEqual({
    code: 4,
    stderr: expect.stringMatching(/a delivery failed audit=1 .*teams-1\.csv/),
  });
  expect(stderr).toContain('audit 2 finished');
  expect(await readdir(join(folder, 'teams-2.csv'))).toEqual(['report']);
});

test('a report into "-" goes to stdout, not into a file of that name', async () => {
  const dashed = await slimboard('report', 'teams', '-o', '-', '--format', 'csv');
  expect(dashed).toEqual(await slimboard('report', 'teams', '--format', 'csv'));
  expect(dashed.stdout).toMatch(/^rank,team,/);
  expect(await readdir(cwd)).toEqual([]);
});

test.each([
  ['teams.csv', /^rank,team,/],
  ['TEAMS.CSV', /^rank,team,/],
  ['teams.json', /^\{"schema":"slimboard\.report\/1"/],
  ['teams.ndjson', /^\{"rank":/],
  ['teams.jsonl', /^\{"rank":/],
  ['teams.md', /^\| rank /],
  ['teams.html', /^<!doctype html>/i],
  ['teams.txt', /^team +repositories/],
])('a report into %s has the format of its ending', async (name, beginning) => {
  const folder = await newFolder();
  const written = await runInProcess(folder, ['report', 'teams', '-o', name], environment);
  expect(written).toMatchObject({ code: 0, stdout: '' });
  expect((await readFile(join(folder, name), 'utf8')).trimStart()).toMatch(beginning);
});

test('the file of a report may be named after its audit, the sources of that, and the day', async () => {
  const folder = await newFolder();
  const args = ['report', 'images', '--audit', '1', '-o', '{source}-{audit}-{date}.csv'];
  const now = () => new Date('2026-11-24T23:59:59Z');
  expect(await runInProcess(folder, args, environment, { now })).toMatchObject({ code: 0 });
  expect(await readdir(folder)).toEqual([`${registry.host.replace(':', '_')}-1-2026-11-24.csv`]);
});

test('a lifecycle policy is written that can be simulated; what does not go together is refused', async () => {
  const folder = await newFolder();
  const run = (...args: string[]) => runInProcess(folder, ['report', ...args], environment);
  expect(await run('reclaim', '--lifecycle-policy', '-o', 'policy.json')).toMatchObject({ code: 0, stdout: '' });
  expect(JSON.parse(await readFile(join(folder, 'policy.json'), 'utf8')).rules).toHaveLength(3);
  expect(await run('reclaim', '--simulate', 'policy.json', '--format', 'csv')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^source,.*,rule,outcome,/),
  });
  const refused = (args: string) => run(...args.split(' '));
  for (const more of ['--simulate policy.json', '--format csv', '--audit 1', '--sort tags', '--limit 1'])
    expect(await refused(`reclaim --lifecycle-policy ${more}`), more).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--lifecycle-policy cannot be combined with'),
    });
  for (const misspelt of ['--source tpyo', '--team tpyo', '--repository tpyo'])
    expect(await refused(`reclaim --lifecycle-policy ${misspelt}`), misspelt).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('"tpyo"'),
    });
  for (const option of ['--lifecycle-policy', '--in-use policy.json', '--simulate policy.json'])
    expect(await refused(`images ${option}`), option).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('only "report reclaim" does'),
    });
  expect(await refused('reclaim --in-use missing.txt')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/cannot read the list of images in use .*missing\.txt \(ENOENT\): check/),
  });
});

test.each([
  ['1', 0],
  ['all', 0],
  ['many', 2],
])('--newest %s ends with %i', async (newest, code) => {
  const planned = await slimboard('plan', registry.host, '--newest', newest);
  expect(planned.code, planned.stderr).toBe(code);
});

test('a check does not pass if items of the audit failed or were not assessed', async () => {
  const lost = closedAfterTest(await startRegistry());
  const folder = await newFolder();
  const own = await newDatabase();
  lost.push('team-a/lost', '1', image({ layers: ['lost'] }));
  const mend = lost.fault({ path: /manifests/ }, answer(403, {}, 'DENIED'));
  expect(await runInProcess(folder, ['audit', lost.host], own)).toMatchObject({ code: 4 });
  const checked = await runInProcess(folder, ['check', '--audit', '1'], own);
  expect(checked).toMatchObject({
    code: 1,
    stdout: '0 images checked: 0 error, 0 warn, 0 info\n',
    stderr: expect.stringContaining('audit 1 is incomplete, not finished: 1 item failed'),
  });
  await writeFile(join(folder, 'slimboard.yaml'), 'policy: { rules: { root-user: error } }\n');
  lost.push('team-a/kept', '1', image({ layers: ['kept'] }));
  mend();
  expect(await runInProcess(folder, ['audit', lost.host], own)).toMatchObject({ code: 0 });
  expect(await runInProcess(folder, ['check', '--audit', '2'], own)).toMatchObject({ code: 3, stderr: '' });
  expect(await runInProcess(folder, ['check', '--audit', '1'], own)).toMatchObject({ code: 3 });
});

test('an unknown format of a check is refused, also if an object has a property of that name', async () => {
  const refused = await slimboard('check', `${registry.host}/team-a/api:1`, '--format', 'toString');
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('table, json, junit, sarif') });
});

test('a report to an unknown object store is refused, not written to a file of that name', async () => {
  const { code, stderr } = await slimboard('report', 'teams', '-o', 'gs://bucket/teams.csv');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('s3://BUCKET/KEY') });
  expect(await readdir(cwd)).toEqual([]);
});

test('a plan of several registries is one document, and as a table has an empty line between them', async () => {
  const other = registry.host.replace('127.0.0.1', 'localhost');
  const { code, stdout } = await slimboard('plan', registry.host, other, '--format', 'json');
  const table = await slimboard('plan', registry.host, other);
  expect(table.stdout.split('\n\n').map((part) => part.split(/ +/)[1]?.split('\n')[0])).toEqual([registry.host, other]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'slimboard.plan/1',
    sources: [
      { source: registry.host, repositories: 2 },
      { source: other, repositories: 2 },
    ],
  });
});

test('a plan of nothing but sources that cannot be opened prints none, and exits with 2', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  const folder = await newFolder();
  await writeFile(join(folder, 'slimboard.yaml'), 'sources: [{ name: prod, kind: ecr }]');
  expect(await runInProcess(folder, ['plan', '--format', 'json'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('prod: no AWS region is set'),
  });
});

test('a plan reports a repository that cannot be listed, and counts the others', async () => {
  const restore = registry.fault({ path: /team-a\/lost\/tags/ }, answer(403, {}, 'DENIED'));
  const { code, stdout, stderr } = await slimboard('plan', registry.host, '--format', 'json');
  const table = await slimboard('plan', registry.host);
  const alone = await slimboard('plan', `${registry.host}/team-a/lost`, '--format', 'json');
  restore();
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/team-a\/lost: .*permission denied/) });
  expect(JSON.parse(stdout).sources).toMatchObject([
    { repositories: 1, tags: 1, unlisted: [expect.stringContaining('team-a/lost')] },
  ]);
  expect(table.stdout).toMatch(/^not listed +1 list of repositories or tags, not counted here$/m);
  expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining('permission denied') });
  expect(JSON.parse(alone.stdout).sources).toEqual([]);
});

test.each([
  [90, '90 s'],
  [5_400, '90 min'],
  [21_600, '6 h'],
])('a plan says of a limit for %i seconds that its window is %s', async (seconds, window) => {
  const restore = registry.fault({ path: /manifests/ }, (_request, response, next) => {
    response.setHeader('ratelimit-remaining', `200;w=${seconds}`);
    next();
  });
  const { stdout } = await slimboard('plan', `${registry.host}/team-a/api`);
  restore();
  // Nothing is new: the fewest requests that an audit may need are the most, too.
  expect(stdout).toMatch(/^requests +\d+, \d+ of them for listing$/m);
  expect(stdout).toMatch(new RegExp(`^limit +200 left in a window of ${window}$`, 'm'));
});

test('a plan shows ten of many failures, and its JSON all', async () => {
  const lost = Array.from({ length: 12 }, (_, number) => `${registry.host}/lost/${number}`);
  const { code, stdout, stderr } = await slimboard('plan', ...lost, `${registry.host}/team-a/api`, '--format', 'json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout).sources[0].unlisted).toHaveLength(12);
  expect(stderr.match(/lost\//g)).toHaveLength(10);
  expect(stderr).toContain('… and 2 more');
});

test('a tag with several platforms counts once, and its images can be distinguished', async () => {
  const child = (architecture: string) =>
    image({ layers: [`api for ${architecture}`], platform: { os: 'linux', architecture } });
  const several = closedAfterTest(await startRegistry());
  const own = await newDatabase();
  several.push('team-a/api', '1', image({ layers: ['api'] }));
  several.push('team-b/many', '1', index([child('amd64'), child('arm64')]));
  expect(await runIn(own, 'audit', several.host, '--platform', 'all')).toMatchObject({ code: 0 });
  const groups = await runIn(own, 'leaderboard', '--by', 'distro', '--format', 'json');
  expect(JSON.parse(groups.stdout).rows).toMatchObject([{ distro: 'unknown', repositories: 2, tags: 2, images: 3 }]);
  const { stdout } = await runIn(own, 'check', '--audit', '1');
  expect(stdout.split('\n').map((line) => line.split(': ')[0])).toEqual([
    `warn  ${several.host}/team-a/api:1  root-user`,
    `warn  ${several.host}/team-b/many:1 (linux/amd64)  root-user`,
    `warn  ${several.host}/team-b/many:1 (linux/arm64)  root-user`,
    '3 images checked',
    '',
  ]);
});

test('sources of one registry share its limit of concurrent requests', async () => {
  const shared = closedAfterTest(await startRegistry());
  const folder = await newFolder();
  const own = await newDatabase();
  for (const name of ['a', 'b', 'c', 'd']) shared.push(`team/${name}`, '1', image({ layers: [name] }));
  const source = (name: string) => `  - { name: ${name}, kind: oci, registry: "${shared.host}", concurrency: 1 }\n`;
  await writeFile(join(folder, 'slimboard.yaml'), `sources:\n${source('one')}${source('other')}`);
  let inHand = 0;
  let most = 0;
  shared.fault({ path: /./ }, (_request, response, next) => {
    most = Math.max(most, ++inHand);
    response.once('close', () => inHand--);
    setImmediate(next);
  });
  const { code, stderr } = await runInProcess(folder, ['audit'], own);
  expect(code, stderr).toBe(0);
  expect(most).toBe(1);
});

function recordsOf(stderr: string): readonly Readonly<Record<string, unknown>>[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('patterns that select no repository are quoted as they are', async () => {
  const database = await newDatabase();
  const { code, stderr } = await runIn(database, 'audit', registry.host, '--include', 'tpyo/*/**');
  expect(code).toBe(1);
  expect(stderr).toContain('none of the repositories that the registry lists matches tpyo/*/**: check the spelling');
  // The audit has ended, and failed.
  expect((await runIn(database, 'report', 'images')).stderr).toMatch(
    /no audit in .* has results yet: .*"slimboard status" shows how the last one went/,
  );
});

test('a report of a name that there is not says so', async () => {
  expect((await slimboard('report', 'images', '--source', 'tpyo')).stderr).toContain('no audit of source "tpyo"');
  expect((await slimboard('report', 'errors', '--source', 'tpyo')).stderr).toContain(
    'no audit has read a source "tpyo"',
  );
  expect((await slimboard('report', 'images', '--registry', 'tpyo')).stderr).toContain(
    'no repository is in registry "tpyo"',
  );
  expect((await slimboard('report', 'images', '--team', 'tpyo')).stderr).toContain(
    'no repository belongs to team "tpyo"',
  );
  expect((await slimboard('report', 'images', '--repository', 'tpyo/*')).stderr).toContain(
    'no repository matches "tpyo/*"',
  );
  expect((await slimboard('report', 'images', '--tag', 'tpyo*')).stderr).toContain('no tag matches "tpyo*"');
  expect((await slimboard('report', 'images', '--base', 'tpyo')).stderr).toContain(
    'no image is built on a base that matches "tpyo"',
  );
  expect((await slimboard('report', 'images', '--distro', 'tpyo:1')).stderr).toContain(
    'no image is of distribution "tpyo:1"',
  );
  for (const others of [
    ['--tag', '1'],
    ['--team', 'unowned'],
    ['--team', 'tpyo', '--quiet'],
    ['--repository', '**'],
  ])
    expect((await slimboard('report', 'images', ...others)).stderr).toBe('');
});

test.each([
  ['growth', 'team', 'no figures: growth needs an earlier audit of the same coverage'],
  [
    'growth',
    'team --since=2026-11-01T02:30Z',
    'no figures: growth needs an audit from before 2026-11-01 02:30 UTC of the same coverage',
  ],
  ['improvement', 'repository', 'no figures: growth needs an earlier audit of the same coverage'],
  ['progress', 'base', 'no figures: growth and progress are known of teams and repositories only'],
  ['progress', 'repository', ''],
  ['stored', 'base', ''],
])('a leaderboard without the figures that it ranks by says why: %s by %s', async (metric, by, note) => {
  const { code, stderr } = await slimboard('leaderboard', '--metric', metric, '--by', ...by.split(' '));
  expect({ code, stderr }).toEqual({ code: 0, stderr: note === '' ? '' : expect.stringContaining(note) });
  const page = await slimboard('leaderboard', '--format', 'html', '--metric', metric, '--by', ...by.split(' '));
  expect(page.stdout.includes('No figures: ')).toBe(note !== '');
  expect(page.stdout).toContain(note.replace('no figures: ', ''));
});
