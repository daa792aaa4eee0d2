import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closedAfterTest } from '../support/closed-after.ts';
import { freePort } from '../support/free-port.ts';
import { image } from '../support/image-builder.ts';
import { newFolder } from '../support/new-folder.ts';
import { startPostgres } from '../support/postgres.ts';
import { type RunningProcess, startProcess } from '../support/processes.ts';
import { gate } from '../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

let registry: RegistryServer;
beforeAll(async () => {
  registry = await startRegistry();
  for (const tag of ['1', '2', '3']) registry.push('app', tag, image({ layers: ['base', `app ${tag}`] }));
});
afterAll(() => registry?.close());

async function startAudit(databaseUrl: string): Promise<RunningProcess> {
  const env = { SLIMBOARD_DATABASE_URL: databaseUrl };
  return startProcess(resolve('dist/slimboard.cjs'), ['audit', registry.host], { cwd: await newFolder(), env });
}

/** An audit whose Postgres has crashed while it was reading, and which has said that it waits. */
async function auditInOutage() {
  const postgres = await startPostgres();
  closedAfterTest({ close: () => postgres.stop() });
  const silence = gate(1);
  const undo = registry.fault({ path: /\/manifests\// }, silence.fault);
  const audit = await startAudit(postgres.url);
  await silence.reached;
  await postgres.kill();
  undo();
  silence.release();
  await audit.waitForOutput('waiting for the database');
  return { audit, postgres };
}

test('an audit in one process waits for a Postgres that crashes and restarts', async () => {
  const { audit, postgres } = await auditInOutage();
  await postgres.start();
  expect(await audit.exited, audit.output()).toBe(0);
  expect(audit.output().match(/waiting for the database/g)).toHaveLength(1);
  expect(audit.output()).toContain('3 audited, 0 skipped, 0 failed');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends an audit that waits for its Postgres', async (signal, code) => {
  const { audit } = await auditInOutage();
  expect(await audit.stop(signal)).toBe(code);
  expect(audit.output()).toContain(`stopped by ${signal}`);
});

test('an audit does not wait for a Postgres that it has not reached: its address may be wrong', async () => {
  const audit = await startAudit(`postgres://postgres@127.0.0.1:${await freePort()}/postgres`);
  expect(await audit.exited).toBe(1);
  expect(audit.output()).toContain('ECONNREFUSED');
  expect(audit.output()).not.toContain('waiting');
});
