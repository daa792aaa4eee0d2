import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from '../../test/support/processes.ts';
import { startRedis } from '../../test/support/redis.ts';
import { audit, type Context, inTurn, rounds, type Scenario, SLIMBOARD, slimboard } from '../harness/context.ts';
import { type BenchRegistry, withRegistry } from '../harness/registry.ts';
import type { Result } from '../harness/result.ts';
import { type BenchStore, SETTINGS } from '../harness/store.ts';

const WORKERS = [1, 2, 4] as const;
const SOURCE = 'bench';

export const workers: Scenario = {
  title: 'Worker processes on this machine, against the audit in one process in turn (20 ms)',
  async run(context) {
    return withRegistry({ tags: context.tags, latencyMs: 20 }, (registry) =>
      inTurn(WORKERS, (count) => compare(context, registry, count)),
    );
  },
};

async function compare(context: Context, registry: BenchRegistry, count: number): Promise<Result> {
  const samples = await rounds(context.rounds, async (round) => {
    context.log(`${count} workers, round ${round + 1}`);
    const alone = await context.stores.create('postgres');
    const inProcess = await audit(alone, registry);
    alone.remove();
    const store = await context.stores.create('postgres');
    const seconds = await auditByWorkers(store, registry, count);
    store.remove();
    return inProcess.seconds / seconds;
  });
  return { name: `tags/s of ${count} workers over one process`, unit: 'x', samples };
}

async function auditByWorkers(store: BenchStore, registry: BenchRegistry, count: number): Promise<number> {
  const redis = await startRedis();
  const running: RunningProcess[] = [];
  try {
    const source = `sources: [{ name: ${SOURCE}, kind: oci, registry: "${registry.host}", plainHttp: true, concurrency: 64 }]\n`;
    writeFileSync(join(store.cwd, 'slimboard.yaml'), SETTINGS + source);
    const options = { cwd: store.cwd, env: { ...store.env, SLIMBOARD_REDIS_URL: redis.url } };
    await slimboard(store, ['migrate']);
    for (let worker = 0; worker < count; worker++) running.push(startProcess(SLIMBOARD, ['worker'], options));
    const { seconds } = await slimboard({ ...store, env: options.env }, ['schedule', '--now', SOURCE, '--wait']);
    return seconds;
  } finally {
    await Promise.all(running.map((worker) => worker.stop()));
    await redis.stop();
  }
}
