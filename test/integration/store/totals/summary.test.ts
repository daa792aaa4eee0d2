import { describe, expect, test } from 'vitest';
import { readSummaries } from '../../../../src/html/overview/read-summaries.ts';
import { digestOf } from '../../../../src/oci/digest.ts';
import { LIST_ROWS } from '../../../../src/store/totals/summary-store.ts';
import { BACKENDS, useDatabase } from '../../../support/databases.ts';
import { Inventory } from '../../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';

/** Steps of advice as an assessment stores them. */
const steps = (gains: Readonly<Record<string, number>>) => ({
  techniques: JSON.stringify(
    Object.entries(gains).map(([technique, gain]) => ({
      technique,
      gain,
      projection: { base: 'os:slim', after: { min: 1, max: 2 }, basis: 'measured' },
    })),
  ),
});

describe.each(BACKENDS)('the lists of a source in $name', ({ open }) => {
  const db = useDatabase(open);

  test('are as a person would make them', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('shop');
    const [b, a] = [
      await inventory.repository(source, 'b/app', 'b', AT),
      await inventory.repository(source, 'a/app', 'a', AT),
    ];
    const big = await inventory.image({
      name: 'big',
      layers: [
        ['os', 300e6],
        ['of big', 600e6],
      ],
      createdAt: '2026-01-01T00:00:00Z',
      assessment: steps({ slim: 500, stages: 300 }),
      findings: [
        { rule: 'apt-cache', severity: 'warn', maxBytes: 100 },
        { rule: 'apt-cache', severity: 'warn', maxBytes: 50 },
      ],
    });
    const newer = await inventory.image({
      name: 'newer',
      layers: [
        ['os', 300e6],
        ['of newer', 100e6],
      ],
      createdAt: '2026-02-01T00:00:00Z',
      assessment: steps({ slim: 50 }),
      findings: [{ rule: 'apt-cache', severity: 'warn', maxBytes: 7 }],
    });
    const edge = await inventory.image({
      name: 'edge',
      layers: [['of edge', 10e6]],
      assessment: steps({ slim: 20 }),
    });
    // Of the line of tags that `newer` is in: not built any more, and without a date.
    const small = async (name: string, createdAt?: string) =>
      inventory.image({
        name,
        layers: [['of edge', 10e6]],
        ...(createdAt === undefined ? {} : { createdAt }),
        assessment: steps({ slim: 900 }),
      });
    await inventory.tag(b, '1', big, AT);
    await inventory.tag(b, '2', newer, AT);
    await inventory.tag(a, '1', big, AT);
    await inventory.tag(a, '1.0', big, AT);
    await inventory.tag(a, 'edge', edge, AT);
    await inventory.tag(b, 'edge', edge, AT);
    await inventory.tag(b, '0', await small('old', '2025-01-01T00:00:00Z'), AT);
    await inventory.tag(b, '3', await small('undated'), AT);
    for (let number = 0; number < LIST_ROWS; number++) {
      const untagged = await inventory.image({ name: `untagged ${number}`, layers: [[`of none ${number}`, 6e9]] });
      await inventory.tag(a, null, untagged, AT);
    }
    await inventory.audit(source, AT);
    const lists = await readSummaries(db);
    expect(lists.sizes.filter(({ images }) => images > 0)).toEqual([
      { fromBytes: 10e6, toBytes: 25e6, images: 3 },
      { fromBytes: 200e6, toBytes: 500e6, images: 1 },
      { fromBytes: 500e6, toBytes: 1e9, images: 1 },
    ]);
    expect(lists.rules).toEqual([{ rule: 'apt-cache', severity: 'warn', images: 2, maxBytes: 157 }]);
    expect(lists.layers.map((layer) => [layer.bytes, layer.images, layer.repositories, layer.repository])).toEqual([
      [600e6, 1, 2, 'a/app'],
      [300e6, 2, 2, 'a/app'],
      [100e6, 1, 1, 'b/app'],
      [10e6, 3, 2, 'a/app'],
    ]);
    // An image counts in the first repository of which it is a current build.
    expect(lists.steps.map((step) => [step.repository, step.technique, step.tag, step.gainBytes, step.images])).toEqual(
      [
        ['a/app', 'slim', '1', 500, 2],
        ['a/app', 'stages', '1', 300, 1],
        ['b/app', 'slim', '2', 50, 1],
      ],
    );
    const projection = { base: 'os:slim', afterMaxBytes: 2, basis: 'measured' };
    expect(lists.steps).toMatchObject(lists.steps.map(() => projection));
  });

  test('name the first of equals, whatever was stored first', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('equals');
    const names = Array.from({ length: LIST_ROWS + 5 }, (_, at) => `equals/${10 + at}`);
    for (const name of names.toReversed()) {
      const repository = await inventory.repository(source, name, 'equals', AT);
      const layers = [[`layer of ${name}`, 7e9]] as const;
      await inventory.tag(
        repository,
        '1',
        await inventory.image({ name, layers, assessment: steps({ slim: 7e9 }) }),
        AT,
      );
    }
    await inventory.audit(source, AT);
    const lists = await readSummaries(db);
    const digests = names.map((name) => digestOf(`layer of ${name}`)).toSorted();
    expect(lists.steps.map(({ repository }) => repository)).toEqual(names.slice(0, LIST_ROWS));
    expect(lists.layers.map(({ digest }) => digest)).toEqual(digests.slice(0, LIST_ROWS));
  });

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('name the first registry of those with a repository of the same name: stored as %s, %s', async (...hosts) => {
    const inventory = new Inventory(db);
    const source = await inventory.source(`registries ${hosts.join()}`);
    const name = `same ${hosts.join()}`;
    const layers = [[`layer of ${name}`, 8e9]] as const;
    const image = await inventory.image({ name, layers, assessment: steps({ slim: 8e9 }) });
    for (const host of hosts) {
      const repository = await inventory.repository(source, name, 'same', AT, `${host}.example.com`);
      await inventory.tag(repository, '1', image, AT);
    }
    await inventory.audit(source, AT);
    const lists = await readSummaries(db);
    for (const list of [lists.layers, lists.steps]) {
      const registries = list.flatMap(({ repository, registry }) => (repository === name ? [registry] : []));
      expect(registries).toEqual(['a.example.com']);
    }
  });
});
