import { expect, test } from 'vitest';
import { ofHandedAudits } from '../../../src/workers/handed-audits.ts';
import { task } from '../../support/task.ts';

test('workers ignore the tasks of an audit that runs in one process', async () => {
  const done: string[] = [];
  const handlers = ofHandedAudits(
    {
      run: async ({ auditId }) => void done.push(`run ${auditId}`),
      giveUp: async ({ auditId }) => void done.push(`give up ${auditId}`),
    },
    async (auditId) => auditId === 1,
  );
  for (const auditId of [1, 2]) {
    const one = task('manifests', 'a', { auditId });
    await handlers.run(one, { signal: new AbortController().signal });
    await handlers.giveUp(one, new Error('failed'));
  }
  expect(done).toEqual(['run 1', 'give up 1']);
});
