import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/open-database.ts';
import { type Content, contentOf } from '../support/audits.ts';
import { runCommand } from '../support/cli.ts';
import { image } from '../support/image-builder.ts';
import { newFolder } from '../support/new-folder.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

/** How often it is killed; the nightly run says more. */
const KILLS = Number(process.env.SLIMBOARD_TEST_KILLS ?? 3);
const REPOSITORIES = 40;

let registry: RegistryServer;
let undisturbed: Content;
let requestsOfAnAudit = 0;

beforeAll(async () => {
  registry = await startRegistry({ pageSize: 10 });
  for (let n = 0; n < REPOSITORIES; n++) {
    for (const tag of ['1', '2'])
      registry.push(`team-${n % 3}/app-${n}`, tag, image({ layers: ['base', `app ${n} ${tag}`] }));
  }
  const cwd = await newFolder();
  expect((await runCommand(['audit', registry.host], { cwd })).code).toBe(0);
  undisturbed = await contentIn(cwd);
  requestsOfAnAudit = registry.requests.length;
});
afterAll(() => registry.close());

async function contentIn(cwd: string): Promise<Content> {
  const db = await openDatabase({ dataDir: join(cwd, '.slimboard') });
  try {
    return await contentOf(db);
  } finally {
    await db.close();
  }
}

/** Runs an audit, and sends it the signal when the registry has got so many requests of it. */
async function interrupted(cwd: string, signal: NodeJS.Signals, afterRequests: number) {
  let left = afterRequests;
  let end = (): void => undefined;
  const undo = registry.fault({}, (_request, _response, next) => {
    if (--left === 0) end();
    next();
  });
  const result = await runCommand(['audit', registry.host, '--concurrency', '4'], {
    cwd,
    onStart: (child) => {
      end = () => void child.kill(signal);
    },
  });
  undo();
  return result;
}

// At moments spread over the audit, the same in every run.
test.each(Array.from({ length: KILLS }, (_, at) => at))(
  'after a kill, the next audit ends with the rows of an undisturbed one: moment %i',
  async (at) => {
    const cwd = await newFolder();
    const moment = 1 + Math.floor(((at + 0.5) * requestsOfAnAudit) / KILLS);
    const { code, stdout } = await interrupted(cwd, 'SIGKILL', moment);
    expect({ code, stdout }).toEqual({ code: null, stdout: '' });
    expect((await runCommand(['audit', registry.host, '--concurrency', '4'], { cwd })).code).toBe(0);
    expect(await contentIn(cwd)).toEqual(undisturbed);
  },
);

test('a database whose process was killed while creating it is created anew', async () => {
  const cwd = await newFolder();
  const pgdata = join(cwd, '.slimboard', 'pgdata');
  await runCommand(['audit', registry.host], {
    cwd,
    onStart: (child) => {
      const watch = setInterval(() => {
        if (existsSync(join(pgdata, 'PG_VERSION')) && child.kill('SIGKILL')) clearInterval(watch);
      }, 1);
    },
  });
  expect(existsSync(pgdata)).toBe(true);
  expect((await runCommand(['audit', registry.host], { cwd })).code).toBe(0);
  expect(await contentIn(cwd)).toEqual(undisturbed);
});

test('a disk too small for the lock, and for the database, is reported in a line, and with room the next run succeeds', async () => {
  const cwd = await newFolder();
  for (const bytes of [10, 1_000_000]) {
    const wrapper = ['prlimit', `--fsize=${bytes}`];
    const { code, stdout, stderr } = await runCommand(['audit', registry.host], { cwd, wrapper });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^slimboard: the embedded database .*free space on its disk.*\n$/);
  }
  expect((await runCommand(['audit', registry.host], { cwd })).code).toBe(0);
  expect(await contentIn(cwd)).toEqual(undisturbed);
});

test('a disk that fills up ends the audit with a line, and with room the next audit has all rows', async () => {
  const cwd = await newFolder();
  expect((await runCommand(['audit', `${registry.host}/team-0/*`], { cwd })).code).toBe(0);
  let pid: number | undefined;
  let left = 3;
  const undo = registry.fault({}, (_request, _response, next) => {
    if (--left === 0) execFileSync('prlimit', ['--pid', String(pid), '--fsize=200000']);
    next();
  });
  const { code, stdout, stderr } = await runCommand(['audit', registry.host], {
    cwd,
    onStart: (child) => {
      pid = child.pid;
    },
  });
  undo();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/free space on its disk/);
  expect((await runCommand(['audit', registry.host], { cwd })).code).toBe(0);
  expect((await contentIn(cwd)).images).toEqual(undisturbed.images);
});

test('an audit that SIGINT ends, and then SIGTERM, keeps its results, and the next one goes on from there', async () => {
  const cwd = await newFolder();
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const;
  for (const [signal, exit] of signals) {
    const { code, stdout, stderr } = await interrupted(cwd, signal, Math.ceil(requestsOfAnAudit / 3));
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(new RegExp(`stopped by ${signal}: what was done is kept`));
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  registry.forgetRequests();
  expect((await runCommand(['audit', registry.host, '--concurrency', '4'], { cwd })).code).toBe(0);
  expect(registry.requests.length).toBeLessThan(requestsOfAnAudit);
  expect(await contentIn(cwd)).toEqual(undisturbed);
});
