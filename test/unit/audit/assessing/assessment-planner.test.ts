import { describe, expect, test } from 'vitest';
import { AssessmentPlanner } from '../../../../src/audit/assessing/assessment-planner.ts';
import { assessTask } from '../../../../src/audit/task-payloads.ts';
import type { TaskKey, TaskReference } from '../../../../src/queue/queue.ts';

const batch = (auditId = 1): { readonly task: TaskReference } => ({
  task: { auditId, kind: 'manifests', key: 'manifests/1/a' as TaskKey, lane: 'nightly' },
});
const ids = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, at) => from + at);

function note(planner: AssessmentPlanner, images: readonly number[], batches = [batch()]) {
  const planned = planner.plan(batches, images);
  planner.keep(planned);
  return planned;
}

describe('AssessmentPlanner', () => {
  test('images are collected until there are enough for a task, which covers them all', () => {
    const planner = new AssessmentPlanner();
    expect(note(planner, ids(10, 300)).task).toBeUndefined();
    expect(note(planner, ids(400, 199)).task).toBeUndefined();
    expect(note(planner, [5]).task).toMatchObject({
      kind: 'assess',
      auditId: 1,
      lane: 'nightly',
      payload: { from: 5, to: 598 },
    });
    expect(note(planner, ids(1_000, 499)).task).toBeUndefined();
  });

  test('its task is another one than the assess stage makes of the same images', () => {
    const { task } = note(new AssessmentPlanner(), ids(1, 500));
    expect(task?.key).toBeDefined();
    expect(task?.key).not.toBe(assessTask({ from: 1, to: 500 }, 'assess').key);
  });

  test('images of a failed transaction are not planned', () => {
    const planner = new AssessmentPlanner();
    planner.plan([batch()], ids(1, 499));
    expect(note(planner, ids(2_000, 1)).task).toBeUndefined();
  });

  test('images from a transaction of two audits are left to the assess stage', () => {
    const planner = new AssessmentPlanner();
    expect(note(planner, ids(1, 600), [batch(1), batch(2)]).task).toBeUndefined();
  });

  test('a new audit starts with an empty plan', () => {
    const planner = new AssessmentPlanner();
    note(planner, ids(1, 499));
    expect(note(planner, ids(500, 499), [batch(2)]).task).toBeUndefined();
    expect(note(planner, ids(999, 1), [batch(2)]).task).toMatchObject({ auditId: 2, payload: { from: 500, to: 999 } });
  });

  test('another audit without new images leaves the plan as it is', () => {
    const planner = new AssessmentPlanner();
    note(planner, ids(1, 499));
    note(planner, [], [batch(2)]);
    expect(note(planner, ids(500, 1)).task).toMatchObject({ auditId: 1, payload: { from: 1, to: 500 } });
  });

  test('a doubling of the images is reported', () => {
    const planner = new AssessmentPlanner();
    const doubled = [0, 1, 2, 3, 4, 5, 6, 7].filter((part) => note(planner, ids(part * 500, 500)).isDoubled);
    expect(doubled).toEqual([0, 1, 3, 7]);
  });
});
