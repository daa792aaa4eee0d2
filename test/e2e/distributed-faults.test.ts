import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { pushFleet } from '../support/fleet.ts';
import {
  expectSame,
  type Installation,
  type InstallationOptions,
  type Snapshot,
  snapshotAlone,
  startInstallation,
} from '../support/installation.ts';
import { startPostgres } from '../support/postgres.ts';
import type { RunningProcess } from '../support/processes.ts';
import { answer, gate, reset, stalled } from '../support/registry-faults.ts';
import { type Fault, type FaultMatch, type RegistryServer, startRegistry } from '../support/registry-server.ts';

const FLEET = { repositories: 4, tags: 110 };
const ALL_TAGS = FLEET.repositories * FLEET.tags;
/** Asked for in the second half of a batch, when every worker has some in hand. */
const MIDST = { path: /\/manifests\/v[5-9][0-9]$/ };

let registry: RegistryServer;
let settings: string;
let expected: Snapshot;
let installation: Installation;
let workers: readonly RunningProcess[];
let db: Database;

beforeAll(async () => {
  // A batch of tags outlives several tokens, in every test.
  registry = await startRegistry({ pageSize: 50, auth: { kind: 'token', expiresIn: 300, maxUses: 40 } });
  pushFleet(registry, FLEET);
  settings = `sources:
  - { name: lab, kind: oci, registry: "${registry.host}", plainHttp: true, requestTimeout: 1s }
`;
  expected = await snapshotAlone(settings);
});
afterAll(() => registry?.close());

afterEach(() => installation.close());

/** Two workers, and an audit that is handed to them and waited for. */
async function startAudit(options: Partial<InstallationOptions> = {}): Promise<RunningProcess> {
  installation = await startInstallation({ settings, ...options });
  workers = await Promise.all([installation.startWorker(), installation.startWorker()]);
  db = await installation.openDatabase();
  return installation.slimboard(['schedule', '--now', '--wait']);
}

/** Resolves when a worker has noticed. */
function oneSays(text: string): Promise<void> {
  return Promise.any(workers.map((worker) => worker.waitForOutput(text)));
}

async function expectWhole(audit: RunningProcess): Promise<void> {
  const code = await audit.exited;
  const errors = await db.query('select repository, tag, code, message from audit_error');
  expect({ code, errors }, audit.output()).toEqual({ code: 0, errors: [] });
  await expectSame(db, expected, ALL_TAGS);
}

describe('the audit ends as if nothing had happened', () => {
  test('when all workers are killed, Redis loses its data, and other workers continue', async () => {
    const silence = gate(4);
    const undo = registry.fault(MIDST, silence.fault);
    const audit = await startAudit();
    await silence.reached;
    await Promise.all(workers.map((worker) => worker.stop('SIGKILL')));
    await installation.redis.kill();
    undo();
    await installation.redis.start();
    await Promise.all([installation.startWorker(), installation.startWorker()]);
    await expectWhole(audit);
  });

  test('when Redis restarts with its data while workers run tasks', async () => {
    const silence = gate(4);
    const undo = registry.fault(MIDST, silence.fault);
    const audit = await startAudit({ persistent: true });
    await silence.reached;
    await installation.redis.kill();
    undo();
    silence.release();
    await oneSays('Redis failed, it will be tried again');
    await installation.redis.start();
    await expectWhole(audit);
  });

  test('when Postgres crashes and restarts', async () => {
    const postgres = await startPostgres();
    try {
      const silence = gate(4);
      const undo = registry.fault(MIDST, silence.fault);
      const audit = await startAudit({ databaseUrl: postgres.url });
      await silence.reached;
      await postgres.kill();
      undo();
      silence.release();
      await oneSays('tasks are waiting for Postgres or Redis');
      await postgres.start();
      await expectWhole(audit);
    } finally {
      await installation.close();
      await postgres.stop();
    }
  });

  test('when the registry throttles, fails, cuts connections and bodies, and forgets its tokens early', async () => {
    const faults: readonly (readonly [FaultMatch, Fault])[] = [
      [{ path: /\/manifests\//, times: 1 }, answer(429, { 'retry-after': '1' })],
      // Together fewer than one request may have.
      [{ path: /\/manifests\//, times: 2 }, answer(503)],
      [{ path: /\/manifests\//, times: 1 }, stalled()],
      [{ path: /\/blobs\//, times: 2 }, reset()],
      [{ path: /\/blobs\//, times: 1 }, stalled()],
      [{ path: /\/tags\/list/, times: 1 }, stalled()],
      // More than one request may have: the batch is tried again.
      [{ path: /\/app-1\/manifests\/v7$/, times: 5 }, answer(502)],
    ];
    for (const [match, fault] of faults) registry.fault(match, fault);
    registry.forgetRequests();
    await expectWhole(await startAudit());
    const unanswered = registry.requests.filter(({ status }) => status === undefined);
    expect(unanswered).toHaveLength(1 + 2 + 1 + 1);
    const refused = registry.requests.filter(({ path, status }) => path.includes('/manifests/') && status === 401);
    expect(refused.length).toBeGreaterThan(FLEET.repositories);
  });
});
