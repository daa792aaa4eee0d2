import { audit, type Context, inTurn, rounds, type Scenario, slimboard } from '../harness/context.ts';
import { type BenchRegistry, contentRequests, withRegistry } from '../harness/registry.ts';
import { atLeast, atMost, figuresOf, type Result } from '../harness/result.ts';
import { type BenchStore, STORE_KINDS, type StoreKind } from '../harness/store.ts';

export const nightly: Scenario = {
  title: 'The nights after: nothing new, then one tag of fifty moved',
  async run(context) {
    return withRegistry({ tags: context.tags }, async (registry) =>
      (await inTurn(STORE_KINDS, (kind) => nights(context, registry, kind))).flat(),
    );
  },
};

async function nights(context: Context, registry: BenchRegistry, kind: StoreKind): Promise<readonly Result[]> {
  const samples = await rounds(context.rounds, async (round) => {
    context.log(`nightly, ${kind}, round ${round + 1}`);
    const store = await context.stores.create(kind);
    await slimboard(store, ['migrate']);
    const emptyBytes = await store.sizeBytes();
    const first = await night(store, registry, 0);
    const unchanged = await night(store, registry, 0);
    const moved = await night(store, registry, 1);
    store.remove();
    return { emptyBytes, first, unchanged, moved };
  });
  const { tags } = context;
  return figuresOf(samples, [
    [
      `unchanged night, tags/s of the first (${kind})`,
      'x',
      ({ first, unchanged }) => first.seconds / unchanged.seconds,
      atLeast(1.5, 2),
    ],
    [
      `unchanged night, requests a tag, listing apart (${kind})`,
      '',
      ({ unchanged: { stats } }) => stats.manifestByTag / tags,
      atMost(1, 1),
    ],
    [
      `unchanged night, share answered without a body (${kind})`,
      '%',
      ({ unchanged: { stats } }) => (100 * stats.withoutBody) / tags,
    ],
    [
      `unchanged night, children and configs read (${kind})`,
      '',
      ({ unchanged: { stats } }) => stats.manifestByDigest + stats.blob,
      atMost(0, 0),
    ],
    [
      `unchanged night, database growth of the first audit's (${kind})`,
      '%',
      ({ emptyBytes, first, unchanged }) =>
        (100 * (unchanged.storedBytes - first.storedBytes)) / (first.storedBytes - emptyBytes),
      atMost(1, 0.1),
    ],
    [
      `2 % of the tags moved, requests a tag, listing apart (${kind})`,
      '',
      ({ moved }) => contentRequests(moved.stats) / tags,
      atMost(1.06, 1.045),
    ],
  ]);
}

async function night(store: BenchStore, registry: BenchRegistry, number: number) {
  await registry.behave({ night: number });
  const { seconds } = await audit(store, registry);
  return { seconds, stats: await registry.stats(), storedBytes: await store.sizeBytes() };
}
