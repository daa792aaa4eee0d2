import type { Goal } from '../common/units.ts';
import type { Projection } from './projection.ts';

/** `yes`: even the upper end of the projection reaches the goal. `perhaps`: the lower end does. */
export type GoalReach = 'yes' | 'perhaps' | 'no';

/** The largest pull size (bytes) that meets a goal. */
export function goalBytes(goal: Goal, currentBytes: number): number {
  if (goal.kind === 'size') return goal.bytes;
  // A tenth of 100 is 10: less than a millionth of a byte is what floating point adds.
  return currentBytes - Math.ceil(Number((currentBytes * goal.ratio).toFixed(6)));
}

/**
 * Whether a projection reaches a goal.
 * @param targetBytes the largest pull size that meets it, see {@link goalBytes}
 */
export function goalReachOf({ after }: Pick<Projection, 'after'>, targetBytes: number): GoalReach {
  if (after.max <= targetBytes) return 'yes';
  return after.min <= targetBytes ? 'perhaps' : 'no';
}
