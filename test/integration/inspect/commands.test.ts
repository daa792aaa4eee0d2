import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Interruption } from '../../../src/cli/exit-code.ts';
import { startSampleRegistry } from '../../../src/demo/sample-registry.ts';
import { artifact, image } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

let server: RegistryServer;
let reference: string;
beforeAll(async () => {
  server = await startRegistry();
  reference = `${server.host}/app:1`;
  // Ubuntu supports 20.04 to the end of May 2025.
  const labels = { 'org.opencontainers.image.ref.name': 'ubuntu', 'org.opencontainers.image.version': '20.04' };
  server.push('app', '1', image({ config: { Labels: labels } }));
  const chart = artifact({ configType: 'application/vnd.cncf.helm.config.v1+json', layerType: 'application/gzip' });
  server.push('chart', '1', chart);
});
afterAll(() => server?.close());

const run = (day: string, ...args: readonly string[]) =>
  runInProcess('/', args, {}, { now: () => new Date(`${day}T12:00:00Z`) });

test.each([
  ['2025-05-31', 0],
  ['2025-06-01', 3],
])('check judges the support of a base by the day: %s ends with %i', async (day, code) => {
  expect((await run(day, 'check', reference)).code).toBe(code);
});

test.each([
  ['2025-06-30', 0, / {8}accepted until 2025-06-30: moves to 24\.04\n.*: 0 error, \d+ warn, \d+ info, 1 accepted\n$/s],
  ['2025-07-01', 3, / {8}was accepted until 2025-06-30: moves to 24\.04\n.*: 1 error, \d+ warn, \d+ info\n$/s],
])('check accepts by the day what an exception names: %s ends with %i', async (day, code, stdout) => {
  const folder = await newFolder();
  const exception = '{ rules: [end-of-life-base], until: 2025-06-30, reason: moves to 24.04 }';
  await writeFile(join(folder, 'slimboard.yaml'), `policy: { exceptions: [${exception}] }`);
  const checked = await run(day, '--config', join(folder, 'slimboard.yaml'), 'check', reference);
  expect(checked).toEqual({ code, stderr: '', stdout: expect.stringMatching(stdout) });
});

test('inspect and check have the same findings for an image', async () => {
  const [inspected, checked] = await Promise.all([
    run('2025-06-01', 'inspect', reference, '--format', 'json'),
    run('2025-06-01', 'check', reference, '--format', 'json'),
  ]);
  const rules = (listed: readonly { rule: string }[]) => listed.map(({ rule }) => rule);
  expect(rules(JSON.parse(inspected.stdout).findings)).toContain('end-of-life-base');
  expect(rules(JSON.parse(inspected.stdout).findings)).toEqual(rules(JSON.parse(checked.stdout).violations));
});

test.each([
  ['inspect', [], 2],
  ['advise', [], 2],
  ['check', [], 2],
  ['check', ['app:1'], 2],
  ['check', ['app:gone'], 2],
  ['diff', ['app:1'], 2],
])(
  '%s of a Helm chart, with these other images: %j, ends with %i and says what it is',
  async (command, others, code) => {
    const asked = [`${server.host}/chart:1`, ...others.map((other) => `${server.host}/${other}`)];
    const told = await run('2025-05-31', command, ...asked);
    expect(told).toMatchObject({ code, stderr: expect.stringContaining('/chart:1 is not an image but an artifact\n') });
  },
);

test('check ends with 3 if an image violates the policy, also if another reference names no image', async () => {
  const { code, stderr } = await run('2025-06-01', 'check', `${server.host}/chart:1`, reference);
  const told = `not checked: ${server.host}/chart:1 is not an image but an artifact`;
  expect({ code, stderr }).toEqual({ code: 3, stderr: `slimboard: ${told}\n` });
});

test('advise and diff read their images', async () => {
  const [advised, compared] = await Promise.all([
    run('2025-05-31', 'advise', reference, '--goal', '90%'),
    run('2025-05-31', 'diff', reference, reference),
  ]);
  expect([advised, compared]).toMatchObject([
    { code: 0, stderr: '' },
    { code: 0, stderr: '' },
  ]);
});

test('diff of an image with itself looks for no cause', async () => {
  const { stdout } = await run('2025-05-31', 'diff', reference, reference);
  expect(stdout).toMatch(/^change +0 B \(0\.0 %\); .*\n\n +\S+ \S+ +\w+ .*\n\nBoth have the same layers\.\n$/m);
});

test.each([
  [
    'search/indexer:0.9',
    'search/indexer:1.0',
    /\n- +48\.5 MB {2}base .*\n\+ +6\.3 MB {2}application +COPY .*\ntechniques, base \(-242 MB\)\n {2}Empty base .*: .* → scratch\ntechniques, own layers \(-73\.0 MB\)\n {2}Multi-stage build: /s,
  ],
  [
    'search/indexer:1.0',
    'search/indexer:0.9',
    /\n- +6\.3 MB {2}application .*\n\+ +48\.5 MB {2}base .*\nundone techniques, base \(\+242 MB\)\n {2}Empty base .*: scratch → /s,
  ],
  [
    'payments/checkout-api:1.0',
    'payments/refunds:latest',
    /\n {3}48\.5 MB {2}base .*\nNo technique explains the change\.\n$/s,
  ],
])('diff shows what came and went, and what explains it: %s, %s', async (old, current, text) => {
  const samples = await startSampleRegistry();
  const names = [old, current].map((name) => `${samples.host}/${name}`);
  const { stdout } = await run('2026-11-24', 'diff', ...names).finally(samples.close);
  expect(stdout).toMatch(text);
});

test('inspect counts a single layer', async () => {
  expect((await run('2025-05-31', 'inspect', reference)).stdout).toMatch(/ in 1 layer$/m);
});

test('advise names a base once, where it is chosen, and no comment stands before the parser directive of its file', async () => {
  const samples = await startSampleRegistry();
  const { stdout } = await run('2026-11-24', 'advise', `${samples.host}/payments/checkout-api:1.0`).finally(
    samples.close,
  );
  expect(stdout.match(/^\d\. .*? \(.*\): then/gm)).toHaveLength(1);
  expect(stdout).toMatch(/^2\. /m);
  expect(stdout).toMatch(/^Dockerfile:\n# syntax=/m);
});

test.each([
  ['120MB', /^goal +120 MB: reached after step 1$/m],
  ['80MB', /^goal +80\.0 MB: perhaps within reach after step 2: /m],
])('advise says after which of its steps a goal is reached: %s', async (goal, line) => {
  const samples = await startSampleRegistry();
  const { stdout } = await run(
    '2026-11-24',
    'advise',
    `${samples.host}/payments/checkout-api:1.0`,
    '--goal',
    goal,
  ).finally(samples.close);
  expect(stdout).toMatch(line);
});

test('advise says of a goal out of reach no more where there is no plan', async () => {
  expect((await run('2025-05-31', 'advise', reference)).stdout).toMatch(/^goal .*: out of reach$/m);
});

test('advise says why it writes no Dockerfile', async () => {
  const [table, json] = await Promise.all([
    run('2025-05-31', 'advise', reference),
    run('2025-05-31', 'advise', reference, '--format', 'json'),
  ]);
  expect(table.stdout).toMatch(/\n\nno Dockerfile: it is not known what its program is written in\.\n$/);
  expect(JSON.parse(json.stdout).files).toBeNull();
});

test.each([
  ['2025-05-31', 1],
  ['2025-06-01', 3],
])('check tells of an image that it cannot read, and checks the others: on %s it ends with %i', async (day, code) => {
  const gone = `${server.host}/app:gone`;
  const checked = await run(day, 'check', gone, reference, '--format', 'json');
  expect(checked.code).toBe(code);
  expect(checked.stderr).toContain(`not checked: ${gone}: the repository has no such tag`);
  expect(JSON.parse(checked.stdout).images).toEqual([reference]);
});

test('check names an image once that is given twice', async () => {
  const { stdout } = await run('2025-05-31', 'check', reference, reference, '--format', 'json');
  expect(JSON.parse(stdout).images).toEqual([reference]);
});

test('a signal that ends a command other than an audit leaves nothing to go on with', async () => {
  const signal = AbortSignal.abort(new Interruption('SIGTERM'));
  const ended = await runInProcess('/', ['inspect', reference], {}, { signal });
  expect(ended).toEqual({ code: 143, stdout: '', stderr: 'slimboard: stopped by SIGTERM\n' });
});

test('check ends with the error of its only image', async () => {
  const checked = await run('2025-05-31', 'check', `${server.host}/app:gone`);
  expect(checked).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('MANIFEST_UNKNOWN') });
});

test.each(['check', 'diff'])('%s of images of one registry sends each its own login', async (command) => {
  const registry = await startRegistry();
  const folder = await newFolder();
  const logins: Record<string, { readonly auth: string }> = {};
  for (const team of ['a', 'b']) {
    registry.push(`${team}/app`, '1', image());
    const auth = Buffer.from(`${team}:secret`).toString('base64');
    logins[`${registry.host}/${team}`] = { auth };
    registry.fault({ path: new RegExp(`^/v2/${team}/`) }, (request, response, next) => {
      if (request.headers.authorization === `Basic ${auth}`) return next();
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    });
  }
  const environment = { REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
  await writeFile(environment.REGISTRY_AUTH_FILE, JSON.stringify({ auths: logins }));
  const images = ['a', 'b'].map((team) => `${registry.host}/${team}/app:1`);
  const told = await runInProcess(folder, [command, ...images], environment);
  await registry.close();
  expect(told).toMatchObject({ code: 0, stderr: '' });
});
