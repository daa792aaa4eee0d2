import type { Goal } from '../policy/goal.ts';
import type { Projection } from './projection.ts';

/** Whether a projected size reaches a goal. `yes`: even its upper end does. `perhaps`: only its lower end does. */
export type GoalReach = 'yes' | 'perhaps' | 'no';

/**
 * Returns the largest pull size in bytes that meets a goal.
 * @param currentBytes the pull size that a relative goal is a reduction of
 */
export function goalBytes(goal: Goal, currentBytes: number): number {
  if (goal.kind === 'size') return goal.bytes;
  // Rounding to a millionth of a byte removes floating-point noise, which would otherwise add a whole byte in
  // Math.ceil.
  return currentBytes - Math.ceil(Number((currentBytes * goal.ratio).toFixed(6)));
}

/**
 * Whether a projection reaches a goal.
 * @param targetBytes the largest pull size that meets the goal, see {@link goalBytes}
 */
export function goalReachOf({ after }: Pick<Projection, 'after'>, targetBytes: number): GoalReach {
  if (after.max <= targetBytes) return 'yes';
  return after.min <= targetBytes ? 'perhaps' : 'no';
}
