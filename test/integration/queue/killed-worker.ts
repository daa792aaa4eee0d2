// A worker as a process of its own, for the test beside it to kill: says what it takes, and holds on to "stuck" tasks.
import { startTaskWorkers } from '../../../src/queue/bullmq-workers.ts';
import { connectRedis } from '../../../src/queue/redis-connection.ts';
import { ofEachKind } from '../../support/task.ts';

const [url = '', prefix = ''] = process.argv.slice(2);
startTaskWorkers({
  redis: await connectRedis(url, () => undefined),
  prefix,
  tasksAtOnce: ofEachKind(1),
  lockMs: 300,
  handlers: {
    async run({ key }) {
      process.stdout.write(`took ${key}\n`);
      if (key.startsWith('stuck')) await new Promise(() => undefined);
    },
    giveUp: async () => undefined,
  },
  events: { onError: () => undefined },
});
