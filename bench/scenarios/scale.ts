import { audit, type Scenario } from '../harness/context.ts';
import type { Run } from '../harness/process.ts';
import { withRegistry } from '../harness/registry.ts';
import { atMost } from '../harness/result.ts';
import type { Stores } from '../harness/store.ts';

/** How much smaller the small registry is. */
const FACTOR = 10;

export const scale: Scenario = {
  title: 'Ten times the tags in the same memory (Postgres)',
  slow: true,
  async run({ largeTags, stores, log }) {
    log(`scale: ${largeTags / FACTOR} tags`);
    const small = await auditOf(largeTags / FACTOR, stores);
    log(`scale: ${largeTags} tags`);
    const large = await auditOf(largeTags, stores);
    return [
      {
        name: `peak memory, ${largeTags} tags over ${largeTags / FACTOR}`,
        unit: 'x',
        samples: [large.peakBytes / small.peakBytes],
        goal: atMost(1.2, 1.05),
      },
      { name: `peak memory, ${largeTags} tags`, unit: 'MB', samples: [large.peakBytes / 1e6], goal: atMost(350, 350) },
      { name: `tags/s, ${largeTags} tags`, unit: 'tags/s', samples: [largeTags / large.seconds] },
    ];
  },
};

async function auditOf(tags: number, stores: Stores): Promise<Run> {
  const store = await stores.create('postgres');
  const run = await withRegistry({ tags }, (registry) => audit(store, registry));
  store.remove();
  return run;
}
