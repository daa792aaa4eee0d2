import { BullmqQueue } from '../../src/queue/bullmq-queue.ts';
import type { TaskKey, TaskReference } from '../../src/queue/queue.ts';
import { connectRedis } from '../../src/queue/redis-connection.ts';
import { startRedis } from '../../test/support/redis.ts';
import { rounds, type Scenario } from '../harness/context.ts';
import { atMost, figuresOf } from '../harness/result.ts';

const TAGS = 1_000_000;
const TAGS_PER_TASK = 100;
/** Tasks added per call: an audit adds those of a page of repositories at a time. */
const TASKS_PER_CALL = 1_000;

export const queue: Scenario = {
  title: 'A million tags in Redis at once (an audit queues a thousand tasks of a kind at most)',
  async run({ rounds: count, log }) {
    const samples = await rounds(count, async (round) => {
      log(`queue, round ${round + 1}`);
      return fill();
    });
    return figuresOf(samples, [
      ['memory', 'MB', ({ bytes }) => bytes / 1e6, atMost(50, 32)],
      ['time', 's', ({ seconds }) => seconds, atMost(5, 2)],
    ]);
  },
};

async function fill(): Promise<{ bytes: number; seconds: number }> {
  const server = await startRedis();
  const fail = (error: Error) => {
    throw error;
  };
  const redis = await connectRedis(server.url, fail);
  const tasks = new BullmqQueue({ redis, bound: TAGS, onError: fail });
  const usedBytes = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const before = await usedBytes();
  const started = performance.now();
  for (let first = 0; first < TAGS / TAGS_PER_TASK; first += TASKS_PER_CALL) await tasks.add(tasksFrom(first));
  const seconds = (performance.now() - started) / 1_000;
  const bytes = (await usedBytes()) - before;
  await tasks.close();
  redis.disconnect();
  await server.stop();
  return { bytes, seconds };
}

function tasksFrom(first: number): readonly TaskReference[] {
  return Array.from({ length: TASKS_PER_CALL }, (_, at) => ({
    auditId: 1,
    kind: 'manifests',
    key: `team-00/service-${String(first + at).padStart(6, '0')}/1` as TaskKey,
    lane: 'nightly',
  }));
}
