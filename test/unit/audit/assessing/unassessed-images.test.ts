import { describe, expect, test } from 'vitest';
import { UnassessedImages } from '../../../../src/audit/assessing/unassessed-images.ts';
import { assessTask } from '../../../../src/audit/task-payloads.ts';
import type { TaskKey, TaskReference } from '../../../../src/queue/queue.ts';

const batch = (auditId = 1): { readonly task: TaskReference } => ({
  task: { auditId, kind: 'manifests', key: 'manifests/1/a' as TaskKey, lane: 'nightly' },
});
const ids = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, at) => from + at);

function add(unassessed: UnassessedImages, images: readonly number[], batches = [batch()]) {
  const gathered = unassessed.gather(batches, images);
  unassessed.keep(gathered);
  return gathered;
}

describe('UnassessedImages', () => {
  test('images are collected until there are enough for a task, which covers them all', () => {
    const unassessed = new UnassessedImages();
    expect(add(unassessed, ids(10, 300)).task).toBeUndefined();
    expect(add(unassessed, ids(400, 199)).task).toBeUndefined();
    expect(add(unassessed, [5]).task).toMatchObject({
      kind: 'assess',
      auditId: 1,
      lane: 'nightly',
      payload: { from: 5, to: 598 },
    });
    expect(add(unassessed, ids(1_000, 499)).task).toBeUndefined();
  });

  test('its task is another one than the assess stage makes of the same images', () => {
    const { task } = add(new UnassessedImages(), ids(1, 500));
    expect(task?.key).toBeDefined();
    expect(task?.key).not.toBe(assessTask({ from: 1, to: 500 }, 'assess').key);
  });

  test('images of a failed transaction are not gathered', () => {
    const unassessed = new UnassessedImages();
    unassessed.gather([batch()], ids(1, 499));
    expect(add(unassessed, ids(2_000, 1)).task).toBeUndefined();
  });

  test('images from a transaction of two audits are left to the assess stage', () => {
    const unassessed = new UnassessedImages();
    expect(add(unassessed, ids(1, 600), [batch(1), batch(2)]).task).toBeUndefined();
  });

  test('a new audit starts with no images', () => {
    const unassessed = new UnassessedImages();
    add(unassessed, ids(1, 499));
    expect(add(unassessed, ids(500, 499), [batch(2)]).task).toBeUndefined();
    expect(add(unassessed, ids(999, 1), [batch(2)]).task).toMatchObject({
      auditId: 2,
      payload: { from: 500, to: 999 },
    });
  });

  test('another audit without new images leaves the gathered ones as they are', () => {
    const unassessed = new UnassessedImages();
    add(unassessed, ids(1, 499));
    add(unassessed, [], [batch(2)]);
    expect(add(unassessed, ids(500, 1)).task).toMatchObject({ auditId: 1, payload: { from: 1, to: 500 } });
  });

  test('a doubling of the images is reported', () => {
    const unassessed = new UnassessedImages();
    const doubled = [0, 1, 2, 3, 4, 5, 6, 7].filter((part) => add(unassessed, ids(part * 500, 500)).isDoubled);
    expect(doubled).toEqual([0, 1, 3, 7]);
  });
});
