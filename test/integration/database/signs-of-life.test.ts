import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuditEngine } from '../../../src/app/engine.ts';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { claimAudit, insertAudit } from '../../../src/store/audit-store.ts';
import { renewHeartbeats } from '../../../src/store/queued-audit-store.ts';
import { defaultSettings, NO_EVENTS } from '../../support/audits.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00.000Z';

describe('while starting a stage takes minutes', () => {
  let db: Database;
  const audits: number[] = [];
  beforeAll(async () => {
    db = await openDatabase({ url: await newPostgresUrl(), dataDir: '' });
    await migrate(db);
    const inventory = new Inventory(db);
    for (const name of ['east', 'west']) {
      const start = { lane: 'nightly', runner: 'queue', options: { sources: [] }, tasks: [], now: AT } as const;
      audits.push((await insertAudit(db, { ...start, sourceIds: [await inventory.source(name)] })) ?? 0);
    }
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
  });
  afterAll(() => db?.close());

  const claim = (auditId: number | undefined) => claimAudit(db, auditId ?? 0, { runner: 'process', alone: false });

  test('heartbeats of other audits do not wait for it', async () => {
    await db.transaction(async (tx) => {
      await tx.query("update audit set stage = 'layers' where id = $1", [audits[0] ?? 0]);
      await renewHeartbeats(db);
    });
    expect(await claim(audits[1])).toBeUndefined();
  });

  test('no process resumes its audit', async () => {
    const settings = await defaultSettings();
    const queue = { add: async () => undefined };
    const engine = createAuditEngine({
      settings,
      environment: {},
      db,
      queue,
      events: NO_EVENTS,
      onNote: () => undefined,
    });
    await engine.handlers.advance(audits[0] ?? 0);
    expect(await claim(audits[0])).toBeUndefined();
    await engine.close();
  });
});
