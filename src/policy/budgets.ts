import { compileGlobs, type Matcher } from '../common/glob.ts';
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

const matchers = new Map<string, Matcher>();

/** Compiled once a pattern: patterns come from settings, so there are few. */
export function matcherOf(glob: string): Matcher {
  const known = matchers.get(glob);
  if (known) return known;
  const matcher = compileGlobs([glob]);
  matchers.set(glob, matcher);
  return matcher;
}
