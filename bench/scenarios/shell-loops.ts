import { audit, rounds, type Scenario } from '../harness/context.ts';
import { runProcess } from '../harness/process.ts';
import { withRegistry } from '../harness/registry.ts';
import { atLeast, type Goal, type Result } from '../harness/result.ts';

/** Commands that people would run without slimboard; `{}` stands for REPOSITORY:TAG. */
const LOOPS: readonly { readonly tool: string; readonly command: string; readonly goal: Goal }[] = [
  { tool: 'crane', command: 'crane config --insecure HOST/{}', goal: atLeast(10, 25) },
  {
    tool: 'skopeo',
    command: 'skopeo inspect --tls-verify=false --no-tags --config docker://HOST/{}',
    goal: atLeast(30, 60),
  },
];
const LOOP_TAGS = 300;

export const shellLoops: Scenario = {
  title: 'Against shell loops, xargs -P 16 (tags/s; the loops at their steady rate)',
  async run({ tags, rounds: count, stores, log }) {
    return withRegistry({ tags }, async (registry) => {
      const results: Result[] = [];
      for (const { tool, command, goal } of LOOPS) {
        if ((await runProcess('sh', ['-c', `command -v ${tool}`], { expect: [0, 127, 1] })).exitCode !== 0) {
          log(`${tool} is not installed: left out`);
          continue;
        }
        const samples = await rounds(count, async (round) => {
          log(`${tool}, round ${round + 1}`);
          const loop = await runProcess('sh', ['-c', loopOver(command.replace('HOST', registry.host))]);
          const store = await stores.create('postgres');
          const product = await audit(store, registry);
          store.remove();
          return tags / product.seconds / (LOOP_TAGS / loop.seconds);
        });
        results.push({ name: `tags/s of ${tool}`, unit: 'x', samples, goal });
      }
      return results;
    });
  },
};

/** The shell loop that runs a command for the first fifty tags of six repositories of the synthetic registry. */
function loopOver(command: string): string {
  const names =
    'for r in 0 1 2 3 4 5; do for t in $(seq -w 0 49); do echo "team-0$r/service-00000$r:1.000$t"; done; done';
  return `(${names}) | xargs -P 16 -I{} ${command} > /dev/null`;
}
