import { compileGlobs, type Matcher } from '../common/glob.ts';
import { remember } from '../common/remember.ts';
import type { Goal } from '../common/units.ts';

/** A limit on images of some teams or repositories. */
export interface Budget {
  readonly team?: string;
  /** A glob over repositories' names; none is every repository. */
  readonly repository?: string;
  /** Pull size, bytes. */
  readonly maxImageSize?: number;
  readonly maxLayers?: number;
  /** How small its images shall become; the policy's goal otherwise. */
  readonly goal?: Goal;
  /** Pull size (bytes) that progress towards the goal counts from; their size when they were first audited otherwise. */
  readonly baseline?: number;
}

/** Whose image it is: what budgets are chosen by. */
export interface ImageOwner {
  readonly repository: string;
  readonly team?: string;
}

/** The budgets that an image must keep: every one that names its team and its repository, or none of either. */
export function budgetsFor(owner: ImageOwner, budgets: readonly Budget[]): readonly Budget[] {
  return budgets.filter(
    (budget) =>
      (budget.team === undefined || budget.team === owner.team) &&
      (budget.repository === undefined || matcherOf(budget.repository)(owner.repository)),
  );
}

/** The goal of an image: of the first budget that sets one for it, else the policy's. */
export function goalFor(owner: ImageOwner, budgets: readonly Budget[], fallback: Goal): Goal {
  return goalOf(owner, budgets, fallback).goal;
}

/** The same with where it is counted from, if that is configured. */
export function goalOf(
  owner: ImageOwner,
  budgets: readonly Budget[],
  fallback: Goal,
): { readonly goal: Goal; readonly baseline?: number } {
  const { goal, baseline } = budgetsFor(owner, budgets).find((budget) => budget.goal !== undefined) ?? {};
  return { goal: goal ?? fallback, ...(baseline === undefined ? {} : { baseline }) };
}

/** Returns whether a repository's name matches a glob. Each pattern is compiled once: the settings contain few. */
export const matcherOf: (glob: string) => Matcher = remember((glob) => compileGlobs([glob]));
