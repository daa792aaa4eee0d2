import type { Database } from '../../database/database.ts';
import { SettingsError } from '../../errors.ts';
import { lifecycleSimulation } from '../kinds/lifecycle.ts';
import { STALE_DAYS } from '../kinds/reclaim.ts';
import { openReport, type ReportRequest } from '../open-report.ts';
import { rowRecordOf } from '../report.ts';
import { unpackRows } from '../row-reader.ts';
import type { InUse } from './in-use.ts';
import { ARCHIVED_DAYS, type LifecyclePolicy, type LifecycleRule, parseLifecyclePolicy } from './lifecycle-policy.ts';

type Rule = Omit<LifecyclePolicy['rules'][number], 'rulePriority'>;

/**
 * The reasons of `report reclaim` as ECR rules. Superseded images have no rule: ECR cannot ask for ten newer builds
 * and an age at once.
 */
const RULES: readonly Rule[] = [
  {
    description: 'Untagged, but for the newest',
    selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 },
    action: { type: 'expire' },
  },
  {
    description: `Not pulled for ${STALE_DAYS} days: to the archive, from where it can come back`,
    selection: { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: STALE_DAYS },
    action: { type: 'transition', targetStorageClass: 'archive' },
  },
  {
    description: `Archived for ${ARCHIVED_DAYS} days`,
    selection: {
      tagStatus: 'any',
      storageClass: 'archive',
      countType: 'sinceImageTransitioned',
      countUnit: 'days',
      countNumber: ARCHIVED_DAYS,
    },
    action: { type: 'expire' },
  },
];

/**
 * Finds the lifecycle policy that comes nearest to what `report reclaim` proposes for the repositories of the
 * filters. It leaves out rules that would expire or archive something in use.
 * @throws SettingsError when no rule is left
 */
export async function nearestPolicy(db: Database, inUse: InUse, request: ReportRequest): Promise<LifecyclePolicy> {
  const rules: LifecyclePolicy['rules'] = [];
  for (const rule of RULES) {
    const numbered = { rulePriority: rules.length + 1, ...rule };
    if (!(await touchesInUse(db, { rules: [numbered] }, inUse, request))) rules.push(numbered);
  }
  if (rules.length === 0) throw new SettingsError('every rule would touch what is in use: no policy is safe');
  return { rules };
}

/** When an image was archived is not stored: to be safe, the rule expires every archived image, sooner or later. */
function ofAnyArchived(rule: LifecycleRule): LifecycleRule {
  if (rule.selection.countType !== 'sinceImageTransitioned') return rule;
  return { ...rule, selection: { ...rule.selection, countType: 'sinceImagePushed', countNumber: 0 } };
}

async function touchesInUse(
  db: Database,
  policy: LifecyclePolicy,
  inUse: InUse,
  request: ReportRequest,
): Promise<boolean> {
  const kind = lifecycleSimulation(parseLifecyclePolicy(JSON.stringify(policy)).map(ofAnyArchived), inUse);
  const { columns, rows } = await openReport(db, kind, request);
  for await (const batch of unpackRows(rows)) {
    for (const cells of batch) {
      const { in_use, outcome } = rowRecordOf(columns, cells);
      // Rows in use come first, so the first that is not ends the search.
      if (!in_use) return false;
      if (outcome !== 'stays') return true;
    }
  }
  return false;
}
