import { expect, test } from 'vitest';
import { openStore } from '../../../src/app/open-store.ts';
import { defaultSettings } from '../../support/audits.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { newFolder } from '../../support/new-folder.ts';

test('a command that reads creates no schema in Postgres', async () => {
  const settings = { ...(await defaultSettings()), databaseUrl: await newPostgresUrl() };
  await expect(openStore(settings, 'read')).rejects.toThrow('the database has no slimboard schema yet');
});

test('a database of a newer slimboard is let go again', async () => {
  const settings = { ...(await defaultSettings()), dataDir: await newFolder() };
  const db = await openStore(settings);
  await db.query("insert into schema_migration (version, name) values (9999, '9999_future.sql')");
  await db.close();
  for (const _ of ['first', 'second'])
    await expect(openStore(settings)).rejects.toThrow('the database has schema version 9999');
});
