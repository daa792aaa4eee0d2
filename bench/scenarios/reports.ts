import { statSync } from 'node:fs';
import { join } from 'node:path';
import { audit, type Context, rounds, type Scenario, slimboard } from '../harness/context.ts';
import { withRegistry } from '../harness/registry.ts';
import { atMost, figuresOf, type Goal, type Result } from '../harness/result.ts';
import { type BenchStore, STORE_KINDS, type StoreKind } from '../harness/store.ts';

const MILLION = 1_000_000;
/** Seconds per million rows. The time of smaller reports is scaled up, with their start-up. */
const EXPORT_SECONDS: Readonly<Record<StoreKind, Goal>> = {
  postgres: atMost(10, 6),
  embedded: atMost(20, 10),
};

export const reports: Scenario = {
  title: 'Reports over a large registry',
  slow: true,
  async run(context) {
    return withRegistry({ tags: context.largeTags }, async (registry) => {
      const results: Result[] = [];
      for (const kind of STORE_KINDS) {
        context.log(`reports, ${kind}: auditing ${context.largeTags} tags`);
        const store = await context.stores.create(kind);
        await audit(store, registry);
        for (const format of ['csv', 'ndjson']) results.push(...(await exports(context, store, kind, format)));
        for (const command of ['leaderboard', 'report bases', 'report teams']) {
          results.push(await summary(context, store, kind, command));
        }
        store.remove();
      }
      return results;
    });
  },
};

async function exports(
  context: Context,
  store: BenchStore,
  kind: StoreKind,
  format: string,
): Promise<readonly Result[]> {
  const file = join(store.cwd, `images.${format}`);
  const samples = await rounds(context.rounds, async (round) => {
    context.log(`report images as ${format}, ${kind}, round ${round + 1}`);
    return slimboard(store, ['report', 'images', '--format', format, '-o', file]);
  });
  return [
    ...figuresOf(samples, [
      [
        `report images as ${format}, seconds a million rows (${kind})`,
        's',
        ({ seconds }) => (seconds * MILLION) / context.largeTags,
        EXPORT_SECONDS[kind],
      ],
      [`its peak memory (${kind})`, 'MB', ({ peakBytes }) => peakBytes / 1e6],
    ]),
    { name: `its size (${kind})`, unit: 'MB', samples: [statSync(file).size / 1e6] },
  ];
}

async function summary(context: Context, store: BenchStore, kind: StoreKind, command: string): Promise<Result> {
  const samples = await rounds(context.rounds, async (round) => {
    context.log(`${command}, ${kind}, round ${round + 1}`);
    return (await slimboard(store, [...command.split(' '), '--format', 'json'])).seconds;
  });
  return { name: `${command} over ${context.largeTags} tags (${kind})`, unit: 's', samples, goal: atMost(2, 1) };
}
