import { describe, expect, test } from 'vitest';
import { JudgingAhead } from '../../../src/audit/judging-ahead.ts';
import type { TaskKey, TaskReference } from '../../../src/queue/queue.ts';

const batch = (auditId = 1): { readonly task: TaskReference } => ({
  task: { auditId, kind: 'manifests', key: 'manifests/1/a' as TaskKey, lane: 'nightly' },
});
const ids = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, at) => from + at);

function note(ahead: JudgingAhead, images: readonly number[], batches = [batch()]) {
  const planned = ahead.plan(batches, images);
  ahead.keep(planned);
  return planned;
}

describe('JudgingAhead', () => {
  test('images are gathered until they make a task, which covers them all', () => {
    const ahead = new JudgingAhead();
    expect(note(ahead, ids(10, 300)).task).toBeUndefined();
    expect(note(ahead, ids(400, 199)).task).toBeUndefined();
    expect(note(ahead, [5]).task).toMatchObject({
      kind: 'assess',
      auditId: 1,
      lane: 'nightly',
      payload: { from: 5, to: 598 },
    });
    expect(note(ahead, ids(1_000, 499)).task).toBeUndefined();
  });

  test('what a transaction that failed would have brought is forgotten', () => {
    const ahead = new JudgingAhead();
    ahead.plan([batch()], ids(1, 499));
    expect(note(ahead, ids(2_000, 1)).task).toBeUndefined();
  });

  test('images of two audits are left to the stage of judging', () => {
    const ahead = new JudgingAhead();
    expect(note(ahead, ids(1, 600), [batch(1), batch(2)]).task).toBeUndefined();
  });

  test('another audit begins anew', () => {
    const ahead = new JudgingAhead();
    note(ahead, ids(1, 499));
    expect(note(ahead, ids(500, 499), [batch(2)]).task).toBeUndefined();
    expect(note(ahead, ids(999, 1), [batch(2)]).task).toMatchObject({ auditId: 2, payload: { from: 500, to: 999 } });
  });

  test('the planner is told when there are twice as many images as before', () => {
    const ahead = new JudgingAhead();
    const doubled = [0, 1, 2, 3, 4, 5, 6, 7].filter((part) => note(ahead, ids(part * 500, 500)).isDoubled);
    expect(doubled).toEqual([0, 1, 3, 7]);
  });
});
