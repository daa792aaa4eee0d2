import type { Queryable } from '../../database/database.ts';
import { shortHash } from '../../oci/digest.ts';
import { goalFor } from '../../policy/budgets.ts';
import type { PolicySettings } from '../../settings/settings.ts';
import { type GoalOwner, type RepositoryGoal, readGoalOwners, saveProgress } from '../../store/totals/goal-store.ts';
import type { Audit } from '../audit.ts';

type GoalSettings = Pick<PolicySettings, 'goal' | 'budgets'>;

/** A key that changes when the settings' goals change, and not when a repository gets another owner. */
export function goalsKey({ goal, budgets }: GoalSettings): string {
  const decisive = budgets.filter((budget) => budget.goal !== undefined);
  return shortHash(JSON.stringify([goal, decisive]));
}

/** Stores the progress of each repository and each team towards its goal. */
export async function followGoals(
  tx: Queryable,
  { id: auditId, sourceIds }: Audit,
  policy: GoalSettings,
  now: string,
): Promise<void> {
  const owners = await readGoalOwners(tx, sourceIds);
  const goals = owners.map((owner) => repositoryGoal(owner, policy));
  await saveProgress(tx, { id: auditId, sourceIds, goalsKey: goalsKey(policy), now }, goals);
}

function repositoryGoal(owner: GoalOwner, { goal: fallback, budgets }: GoalSettings): RepositoryGoal {
  const { goal, baseline } = goalFor(owner, budgets, fallback);
  return { ...goal, repositoryId: owner.id, baselineBytes: baseline };
}
