import * as z from 'zod';
import { SettingsError } from '../../errors.ts';

/**
 * The least number of days for which an archived image is billed; no rule may remove it earlier.
 * @see Amazon ECR user guide, "Archiving an image"
 */
export const ARCHIVED_DAYS = 90;
const MOST_RULES = 50;
const MOST_WILDCARDS = 4;

const patterns = z.array(z.string().min(1)).min(1);
const positive = z.int32().min(1);
const selection = z.strictObject({
  tagStatus: z.enum(['tagged', 'untagged', 'any']),
  tagPatternList: patterns.optional(),
  tagPrefixList: patterns.optional(),
  storageClass: z.enum(['standard', 'archive']).default('standard'),
  countType: z.enum(['imageCountMoreThan', 'sinceImagePushed', 'sinceImagePulled', 'sinceImageTransitioned']),
  countUnit: z.literal('days').optional(),
  countNumber: positive,
});
const action = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('expire') }),
  z.strictObject({ type: z.literal('transition'), targetStorageClass: z.literal('archive') }),
]);
const rule = z.strictObject({
  rulePriority: positive,
  description: z.string().optional(),
  selection,
  action,
});
const COUNT_OF_RULES = { error: `expected 1 to ${MOST_RULES} rules` };
const policy = z.strictObject({ rules: z.array(rule).min(1, COUNT_OF_RULES).max(MOST_RULES, COUNT_OF_RULES) });

/** A lifecycle policy in the form that Amazon ECR accepts. @see Amazon ECR user guide, "Lifecycle policy properties" */
export type LifecyclePolicy = z.input<typeof policy>;
/** A rule of a parsed policy, with defaults filled in. */
export type LifecycleRule = z.output<typeof rule>;
type Selection = LifecycleRule['selection'];

/**
 * Parses a lifecycle policy, and refuses one that ECR would refuse.
 * @returns its rules in the order in which they apply
 * @throws SettingsError naming the rule, and what is wrong with it
 */
export function parseLifecyclePolicy(text: string): readonly LifecycleRule[] {
  const { success, data, error } = policy.safeParse(parseJson(text));
  if (!success) {
    const [issue] = error.issues;
    throw new SettingsError(`not a lifecycle policy: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const rules = data.rules.sort((a, b) => a.rulePriority - b.rulePriority);
  for (const [index, each] of rules.entries()) {
    const problem = problemOf(each) ?? clashOf(each, rules.slice(0, index));
    if (problem) throw new SettingsError(`rule ${each.rulePriority} of the lifecycle policy: ${problem}`);
  }
  return rules;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SettingsError('not a lifecycle policy: the file is not JSON', { cause });
  }
}

/** Why ECR would refuse the rule by itself. */
function problemOf({ selection, action }: LifecycleRule): string | undefined {
  return tagProblem(selection) ?? countProblem(selection, action.type);
}

function tagProblem({ tagStatus, tagPatternList, tagPrefixList }: Selection): string | undefined {
  const lists = [tagPatternList, tagPrefixList].filter((list) => list !== undefined).length;
  if (tagStatus === 'tagged' && lists !== 1) return 'tagged needs one of tagPatternList and tagPrefixList';
  if (tagStatus !== 'tagged' && lists > 0) return `${tagStatus} takes neither tagPatternList nor tagPrefixList`;
  const refused = tagPatternList?.find((pattern) => pattern.split('*').length - 1 > MOST_WILDCARDS);
  return refused && `"${refused}" has more than ${MOST_WILDCARDS} wildcards`;
}

function countProblem(
  { countType, countUnit, countNumber, storageClass }: Selection,
  type: LifecycleRule['action']['type'],
): string | undefined {
  if ((countUnit === undefined) !== (countType === 'imageCountMoreThan'))
    return countUnit ? 'imageCountMoreThan takes no countUnit' : `${countType} needs "countUnit": "days"`;
  if ((storageClass === 'archive') !== (countType === 'sinceImageTransitioned'))
    return 'storageClass "archive" and sinceImageTransitioned go together';
  if (countType === 'sinceImagePulled' && type !== 'transition') return 'sinceImagePulled can only archive';
  if (storageClass === 'standard') return undefined;
  if (type !== 'expire') return 'what is archived can only expire';
  return countNumber < ARCHIVED_DAYS ? `an archived image stays ${ARCHIVED_DAYS} days at least` : undefined;
}

/** Why ECR would refuse the rule because of the rules that apply before it. */
function clashOf({ rulePriority, selection }: LifecycleRule, before: readonly LifecycleRule[]): string | undefined {
  if (before.some((other) => other.rulePriority === rulePriority)) return 'another rule has this priority';
  const sameClass = before.filter((other) => other.selection.storageClass === selection.storageClass);
  if (sameClass.some((other) => other.selection.tagStatus === 'any'))
    return 'a rule for any image has to be the last one';
  const isDuplicate = sameClass.some((other) => tagsKey(other.selection) === tagsKey(selection));
  return isDuplicate ? 'another rule selects the same tags' : undefined;
}

/** Equal for selections of the same tags, whatever the order of their patterns. */
function tagsKey({ tagStatus, tagPatternList, tagPrefixList }: Selection): string {
  return JSON.stringify([tagStatus, [...(tagPatternList ?? [])].sort(), [...(tagPrefixList ?? [])].sort()]);
}
