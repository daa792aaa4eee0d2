import { audit, bareLoop, type Context, LANES, rounds, type Scenario } from '../harness/context.ts';
import { allRequests, type BenchRegistry, withRegistry } from '../harness/registry.ts';
import { atLeast, atMost, figuresOf, type Goal, type Result } from '../harness/result.ts';
import { STORE_KINDS, type StoreKind } from '../harness/store.ts';

const SPEED: Readonly<Record<StoreKind, Readonly<Record<0 | 20, Goal>>>> = {
  postgres: { 0: atLeast(0.45, 0.65), 20: atLeast(0.92, 0.97) },
  embedded: { 0: atLeast(0.28, 0.42), 20: atLeast(0.78, 0.88) },
};
const PEAK_MB: Readonly<Record<StoreKind, Goal>> = {
  postgres: atMost(200, 140),
  embedded: atMost(500, 350),
};

export const firstAudit: Scenario = {
  title: 'First audit of a registry, against the bare loop in turn',
  async run(context) {
    return withRegistry({ tags: context.tags }, async (registry) => {
      const results: Result[] = [];
      for (const latencyMs of [0, 20] as const) {
        for (const kind of STORE_KINDS) results.push(...(await compare(context, registry, kind, latencyMs)));
      }
      return results;
    });
  },
};

async function compare(
  context: Context,
  registry: BenchRegistry,
  kind: StoreKind,
  latencyMs: 0 | 20,
): Promise<readonly Result[]> {
  const samples = await rounds(context.rounds, async (round) => {
    context.log(`first audit, ${kind}, ${latencyMs} ms, round ${round + 1}`);
    await registry.behave({ latencyMs });
    const bare = await bareLoop(registry);
    await registry.behave({ latencyMs });
    const store = await context.stores.create(kind);
    const product = await audit(store, registry);
    const stats = await registry.stats();
    store.remove();
    return { bare, product, stats };
  });
  const at = `${kind}, ${latencyMs} ms`;
  return figuresOf(samples, [
    [
      `tags/s of the bare loop (${at})`,
      'x',
      (sample) => sample.bare.seconds / sample.product.seconds,
      SPEED[kind][latencyMs],
    ],
    [`tags/s (${at})`, 'tags/s', ({ product }) => context.tags / product.seconds],
    [`peak memory (${at})`, 'MB', ({ product }) => product.peakBytes / 1e6, PEAK_MB[kind]],
    [`requests a tag (${at})`, '', ({ stats }) => allRequests(stats) / context.tags, atMost(1.52, 1.505)],
    [`connections beyond ${LANES} lanes (${at})`, '', ({ stats }) => stats.connections - LANES, atMost(5, 1)],
  ]);
}
