import { cp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { auditRegistry, contentOf } from '../../support/audits.ts';
import { image } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { startRegistry } from '../../support/registry-server.ts';

test('a copy of the closed folder restores the embedded database', async () => {
  const folder = await newFolder();
  const [dataDir, backup] = [join(folder, 'data'), join(folder, 'backup')];
  const registry = await startRegistry();
  registry.push('team/app', '1', image());
  const db = await openDatabase({ dataDir });
  await migrate(db);
  await auditRegistry(db, registry);
  const content = await contentOf(db);
  await db.close();
  await cp(dataDir, backup, { recursive: true });
  const later = await openDatabase({ dataDir });
  await later.query('delete from audit');
  await later.close();
  await rm(dataDir, { recursive: true });
  await cp(backup, dataDir, { recursive: true });
  const restored = await openDatabase({ dataDir });
  expect(await contentOf(restored)).toEqual(content);
  registry.forgetRequests();
  expect((await auditRegistry(restored, registry)).status).toBe('finished');
  expect(registry.count({ path: /blobs/ })).toBe(0);
  await restored.close();
  await registry.close();
});

test('nobody but its owner may look into the folder of the embedded database', async () => {
  const dataDir = join(await newFolder(), 'reports', 'data');
  await (await openDatabase({ dataDir })).close();
  const modes = [dataDir, join(dataDir, 'pgdata')].map(async (path) => (await stat(path)).mode & 0o777);
  expect(await Promise.all(modes)).toEqual([0o700, 0o700]);
});
