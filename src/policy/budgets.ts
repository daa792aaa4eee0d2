import { compileGlobs, type Matcher } from '../common/glob.ts';
import { remember } from '../common/remember.ts';
import type { Goal } from '../common/units.ts';

/** Whose images a part of the policy is about: those of a team, of some repositories, or all if it names neither. */
export interface Owners {
  readonly team?: string;
  /** A glob over repository names; absent means every repository. */
  readonly repository?: string;
}

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

/** The repository and team of an image, by which its budgets are chosen. */
export interface ImageOwner {
  readonly repository: string;
  readonly team?: string;
}

/** Returns the budgets that apply to an image: those whose team and repository match, or are absent. */
export function budgetsFor(owner: ImageOwner, budgets: readonly Budget[]): readonly Budget[] {
  return budgets.filter((budget) => matchesOwner(owner, budget));
}

/** Whether an image is one of those that a part of the policy is about. */
export function matchesOwner(owner: ImageOwner, { team, repository }: Owners): boolean {
  return (
    (team === undefined || team === owner.team) && (repository === undefined || matcherOf(repository)(owner.repository))
  );
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

/**
 * Returns a function that reports whether the name of a repository or base image matches a glob. Each pattern is
 * compiled once: the settings contain few.
 */
export const matcherOf: (glob: string) => Matcher = remember((glob) => compileGlobs([glob]));
