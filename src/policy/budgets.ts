import type { Goal } from './goal.ts';
import { type ImageOwner, matchesOwner, type Owners } from './owners.ts';

/** Limits and a goal for images. */
export interface Budget extends Owners {
  /** The largest pull size in bytes. */
  readonly maxImageSize?: number;
  readonly maxLayers?: number;
  /** How small the images should become; if absent, the policy's goal applies. */
  readonly goal?: Goal;
  /** The pull size (bytes) from which progress towards the goal is measured; by default the size at the first audit. */
  readonly baseline?: number;
}

/** Returns the budgets that apply to an image: those whose team and repository match, or are absent. */
export function budgetsFor(owner: ImageOwner, budgets: readonly Budget[]): readonly Budget[] {
  return budgets.filter((budget) => matchesOwner(owner, budget));
}

/**
 * Returns the goal of an image: that of the first matching budget with a goal, with its baseline (bytes) if it has one;
 * else the fallback.
 * @param fallback the policy's goal
 */
export function goalFor(
  owner: ImageOwner,
  budgets: readonly Budget[],
  fallback: Goal,
): { readonly goal: Goal; readonly baseline?: number } {
  const { goal, baseline } = budgetsFor(owner, budgets).find((budget) => budget.goal !== undefined) ?? {};
  return { goal: goal ?? fallback, ...(baseline === undefined ? {} : { baseline }) };
}
