import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit, rounds, type Scenario, slimboard } from '../harness/context.ts';
import { withRegistry } from '../harness/registry.ts';
import { atMost } from '../harness/result.ts';

export const faults: Scenario = {
  title: 'A registry that fails two requests of a hundred: 429, 500 and reset in turn',
  async run({ tags, rounds: count, stores, log }) {
    const lost = await withRegistry({ tags }, (registry) =>
      rounds(count, async (round) => {
        log(`faults, round ${round + 1}`);
        const store = await stores.create('postgres');
        await registry.behave({ errorRate: 0.02 });
        await audit(store, registry, { expect: [0, 4] });
        const file = join(store.cwd, 'images.csv');
        await slimboard(store, ['report', 'images', '--format', 'csv', '-o', file]);
        const audited = countTags(readFileSync(file, 'utf8'));
        store.remove();
        return tags - audited;
      }),
    );
    return [{ name: 'tags lost', unit: '', samples: lost, goal: atMost(0, 0) }];
  },
};

/** The synthetic registry's names and tags need no quotes, so cells end at commas. */
function countTags(csv: string): number {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const columns = header.trim().split(',');
  const [repository, tag] = [columns.indexOf('repository'), columns.indexOf('tag')];
  const names = lines.map((line) => line.split(',')).map((cells) => `${cells[repository]}:${cells[tag]}`);
  return new Set(names.filter((name) => !name.endsWith(':'))).size;
}
