import { beforeEach, describe, expect, test } from 'vitest';
import { createAuditEngine } from '../../../src/app/engine.ts';
import { startAudit } from '../../../src/audit/start-audit.ts';
import { InProcessQueue } from '../../../src/queue/in-process-queue.ts';
import type { TaskReference } from '../../../src/queue/queue.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { type AuditRow, findAudit } from '../../../src/store/audit-store.ts';
import { auditRegistry, defaultSettings, expectAsAnew, NO_EVENTS } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { answer } from '../../support/registry-faults.ts';
import { ofEachKind } from '../../support/task.ts';
import { useRegistry } from '../../support/use-registry.ts';

/** A batch of tags, each of an image of its own, takes two requests for each. */
const TAGS = 30;
/** The registry answers so many requests for content in a window. */
const QUOTA = 24;
const MOST_WINDOWS = 20;

describe.each(BACKENDS)('a registry with a quota smaller than a batch, in $name', ({ open }) => {
  let windows: number;
  let remaining: number;

  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    windows = 1;
    remaining = QUOTA;
    for (let tag = 0; tag < TAGS; tag++) registry.push('app', `v${tag}`, image({ layers: ['base', `${tag}`] }));
  });

  /** Audits with delays that pass at once, and begin a new window. */
  async function audit(): Promise<AuditRow | undefined> {
    const settings = await defaultSettings();
    const source = { ...settings.sourceDefaults, kind: 'oci', name: 'lab', registry: registry.host, dedup: 'registry' };
    const { handlers, close } = createAuditEngine({
      settings,
      environment: {},
      db,
      queue: { add: (tasks: readonly TaskReference[]) => queue.add(tasks) },
      events: NO_EVENTS,
      // No pause, so that a refused request is put off without waiting.
      governor: { acquire: async () => () => undefined },
      onNote: () => undefined,
    });
    const queue = new InProcessQueue({
      handlers,
      tasksAtOnce: ofEachKind(1),
      wait: async () => {
        if (++windows > MOST_WINDOWS) throw new Error('the audit makes no progress');
        remaining = QUOTA;
      },
    });
    const started = await startAudit(db, {
      sources: [source as OciSource],
      lane: 'nightly',
      runner: 'process',
      alone: true,
      now: '2026-03-10T02:00:00.000Z',
    });
    try {
      await queue.add(started?.tasks ?? []);
      await queue.drain();
      return findAudit(db, started?.auditId ?? 0);
    } finally {
      await close();
    }
  }

  test('is audited window by window, and leaves what an audit without a quota does', async () => {
    const refuse = answer(429, { 'retry-after': 3_600 });
    registry.fault({ path: /\/(?:manifests|blobs)\// }, (request, response, next) =>
      remaining-- > 0 ? next() : refuse(request, response, next),
    );
    expect(await audit()).toMatchObject({ status: 'finished', tagsAudited: TAGS, tagsFailed: 0 });
    remaining = Number.POSITIVE_INFINITY;
    await expectAsAnew(db, () => auditRegistry(db, registry));
  });
});
