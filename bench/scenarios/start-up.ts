import { rounds, type Scenario, SLIMBOARD, slimboard } from '../harness/context.ts';
import { runProcess } from '../harness/process.ts';

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
      { name: '--help, of bare node', unit: 'x', samples: ratios, goal: { better: 'less', must: 1.5, aim: 1.2 } },
      {
        name: 'embedded database, first command',
        unit: 's',
        samples: opened.map(({ first }) => first.seconds),
        goal: { better: 'less', must: 2.5, aim: 1.8 },
      },
      {
        name: 'embedded database, later commands',
        unit: 's',
        samples: opened.map(({ again }) => again.seconds),
        goal: { better: 'less', must: 0.8, aim: 0.4 },
      },
    ];
  },
};
