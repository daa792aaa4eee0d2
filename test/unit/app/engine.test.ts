import { expect, test } from 'vitest';
import { createAuditEngine } from '../../../src/app/engine.ts';
import type { Database } from '../../../src/database/database.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { defaultSettings, NO_EVENTS } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';

test('a registry is opened once for the same settings of a source, and anew when an audit has others', async () => {
  const settings = await defaultSettings();
  const engine = closedAfterTest(
    createAuditEngine({
      settings,
      environment: {},
      db: {} as Database,
      queue: { add: async () => undefined },
      events: NO_EVENTS,
      onNote: () => undefined,
    }),
  );
  const place = { kind: 'oci', name: 'prod', registry: 'registry.example.com', dedup: 'registry' } as const;
  const source = { ...settings.sourceDefaults, ...place } as OciSource;
  const { registryOf } = engine.context;
  const first = await registryOf(source);
  expect(await registryOf({ ...source })).toBe(first);
  expect(await registryOf({ ...source, plainHttp: true })).not.toBe(first);
});
