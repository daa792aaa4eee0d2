import type { Goal } from '../settings/units.ts';
import type { Projection } from './projection.ts';

/** `yes`: even the upper end of the projection reaches the goal. `perhaps`: the lower end does. */
export type Reach = 'yes' | 'perhaps' | 'no';

/** The largest pull size (bytes) that meets a goal. */
export function goalBytes(goal: Goal, currentBytes: number): number {
  return goal.kind === 'size' ? goal.bytes : Math.floor(currentBytes * (1 - goal.ratio));
}

export function reachOf({ after }: Pick<Projection, 'after'>, targetBytes: number): Reach {
  if (after.max <= targetBytes) return 'yes';
  return after.min <= targetBytes ? 'perhaps' : 'no';
}
