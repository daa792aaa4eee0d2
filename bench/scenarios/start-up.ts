import { rounds, type Scenario, SLIMBOARD, slimboard } from '../harness/context.ts';
import { runProcess } from '../harness/process.ts';
import { atMost, figuresOf } from '../harness/result.ts';

const SAMPLES = 20;

export const startUp: Scenario = {
  title: 'Starting: --help against bare node, and the embedded database',
  async run({ rounds: count, stores, log }) {
    log('start-up');
    const ratios = await rounds(SAMPLES, async () => {
      const bare = await runProcess(process.execPath, ['-e', '0']);
      const help = await runProcess(process.execPath, [SLIMBOARD, '--help']);
      return help.seconds / bare.seconds;
    });
    const opened = await rounds(count, async () => {
      const store = await stores.create('embedded');
      const first = await slimboard(store, ['migrate']);
      const again = await slimboard(store, ['migrate']);
      store.remove();
      return { first, again };
    });
    return [
      { name: '--help, of bare node', unit: 'x', samples: ratios, goal: atMost(1.5, 1.2) },
      ...figuresOf(opened, [
        ['embedded database, first command', 's', ({ first }) => first.seconds, atMost(2.5, 1.8)],
        ['embedded database, later commands', 's', ({ again }) => again.seconds, atMost(0.8, 0.4)],
      ]),
    ];
  },
};
