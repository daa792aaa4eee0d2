import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { type Assessment, saveAssessments } from '../../../src/store/assessment-store.ts';
import { BACKENDS, emptyTables, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';

/** An image with what it says of its layers: `class instruction`, by the layer's name. */
type Judged = Readonly<Record<string, string>>;

const BASE: Judged = { root: 'none ADD rootfs', tools: 'os-packages RUN apt-get install tools' };
const WEB: Judged = { root: 'base ADD rootfs', tools: 'base RUN tools', modules: 'dependencies RUN npm ci' };
const API: Judged = { root: 'base ADD rootfs', modules: 'application COPY . .', more: 'application COPY more' };
/** Judged before it was known to stand on the base. */
const WEB_BEFORE: Judged = { root: 'application ADD', tools: 'application ADD', modules: 'dependencies RUN npm ci' };

describe.each(BACKENDS)('verdicts on a shared layer on $name', ({ open }) => {
  let inventory: Inventory;
  let ids: Map<Judged, number>;
  const db = useDatabase(open);
  beforeAll(() => {
    inventory = new Inventory(db);
  });
  beforeEach(async () => {
    await emptyTables(db);
    ids = new Map();
    for (const [name, image] of Object.entries({ BASE, WEB, API })) {
      const layers = Object.keys(image).map((layer) => [layer, 1] as const);
      ids.set(image, await inventory.image({ name, layers }));
    }
    ids.set(WEB_BEFORE, ids.get(WEB) ?? 0);
  });

  async function judge(batch: readonly Judged[], classifierVersion = 1): Promise<void> {
    const assessments = batch.map((image) => assessmentOf(ids.get(image) ?? 0, image, classifierVersion));
    await db.transaction((tx) => saveAssessments(tx, assessments, AT));
  }

  async function layers(): Promise<Readonly<Record<string, string>>> {
    const said: Record<string, string> = {};
    for (const name of ['root', 'tools', 'modules']) {
      const [row] = await db.query<{ text: string }>(
        "select layer_class || ' ' || instruction as text from blob where digest = decode($1, 'hex')",
        [digestOf(name).slice('sha256:'.length)],
      );
      said[name] = row?.text ?? '';
    }
    return said;
  }

  const SMALLEST = { ...BASE, modules: API.modules };

  test.each<[string, readonly (readonly Judged[])[]]>([
    ['together', [[BASE, WEB, API]]],
    ['together, the other way round', [[API, WEB, BASE]]],
    ['one after another', [[BASE], [WEB], [API]]],
    ['one after another, the other way round', [[API], [WEB], [BASE]]],
    ['in two batches', [[WEB, API], [BASE]]],
    ['before the base was known', [[WEB_BEFORE, API], [BASE], [WEB]]],
    ['again', [[BASE, WEB, API], [WEB], [API], [WEB]]],
  ])('is the same in any order: %s', async (_, batches) => {
    for (const batch of batches) await judge(batch);
    expect(await layers()).toEqual(SMALLEST);
  });

  test('a layer is base only if it is base to every image', async () => {
    await judge([WEB]);
    expect(await layers()).toEqual(WEB);
  });

  test('a newer classifier replaces verdicts, an older one does not', async () => {
    await judge([BASE, WEB, API], 1);
    await judge([WEB], 2);
    expect(await layers()).toEqual(WEB);
    await judge([API], 1);
    expect(await layers()).toEqual(WEB);
    await judge([API, BASE], 2);
    expect(await layers()).toEqual(SMALLEST);
  });
});

function assessmentOf(manifestId: number, image: Judged, classifierVersion: number): Assessment {
  return {
    manifestId,
    classifierVersion,
    rulesKey: 'r',
    basesKey: 'b',
    base: { confidence: 'unknown', reason: 'squashed' },
    multiStage: 'unknown',
    multiStageEvidence: '',
    user: '',
    savingsMinBytes: 0,
    savingsMaxBytes: 0,
    slimScore: 100,
    techniques: [],
    findings: [],
    layers: Object.entries(image).map(([name, text]) => {
      const [, layerClass = '', instruction = ''] = /^(\S+) (.*)$/.exec(text) ?? [];
      return { digest: digestOf(name), class: layerClass, instruction };
    }),
  };
}
