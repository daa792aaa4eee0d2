import { type Knowledge, knowledgeOf } from '../../advise/alternatives.ts';
import { endedRuntimes } from '../../advise/releases.ts';
import { catalogueAlternatives } from '../../catalogue/alternatives.ts';
import { CLASSIFIER_VERSION } from '../../classify/classify-image.ts';
import { endedDistros } from '../../classify/end-of-life.ts';
import { PromiseCache } from '../../common/promise-cache.ts';
import type { Queryable } from '../../database/database.ts';
import { digestOf, shortHash } from '../../oci/digest.ts';
import { RULES_VERSION } from '../../policy/rule-registry.ts';
import type { PolicySettings, Settings } from '../../settings/settings.ts';

/** What an image's assessment depends on besides the image and its known bases. */
export interface Criteria {
  readonly policy: Pick<PolicySettings, 'goal' | 'rules'>;
  /** The label that names an image's team. */
  readonly teamKey: string;
  readonly knowledge: Knowledge;
  /** Identifies what the catalogue added to `knowledge`. */
  readonly knowledgeKey: string;
  /** `YYYY-MM-DD` */
  readonly today: string;
}

/** Criteria with the key of the assessments made by them. */
export interface KeyedCriteria extends Criteria {
  /**
   * Identifies the criteria and the versions of classifier and rules. Assessments stored under another key are out of
   * date.
   */
  readonly rulesKey: string;
}

/**
 * Adds the key under which assessments by these criteria are stored. Of `today`, it depends only on how many releases had
 * reached their end of life by then.
 */
export function withRulesKey(criteria: Criteria): KeyedCriteria {
  const { policy, teamKey, knowledgeKey, today } = criteria;
  const ended = `${endedDistros(today)} distributions, ${endedRuntimes(today)} runtimes ended`;
  const versions = `classifier ${CLASSIFIER_VERSION}, rules ${RULES_VERSION}, ${ended}`;
  const rulesKey = shortHash(`${versions} ${JSON.stringify([policy.goal, policy.rules, teamKey, knowledgeKey])}`);
  return { ...criteria, rulesKey };
}

/** Returns the criteria of an audit. @param db the transaction in hand, if there is one */
export type CriteriaReader = (auditId: number, db: Queryable) => Promise<KeyedCriteria>;

/** Creates a reader that reads the catalogue once an audit, and keeps the criteria of the audit last asked for. */
export function createCriteriaReader({ policy, teamKey }: Settings, now: () => string): CriteriaReader {
  const kept = new PromiseCache<number, KeyedCriteria>(1);
  const read = async (db: Queryable): Promise<KeyedCriteria> => {
    const alternatives = await catalogueAlternatives(db);
    return withRulesKey({
      policy,
      teamKey,
      knowledge: knowledgeOf(alternatives),
      knowledgeKey: digestOf(JSON.stringify(alternatives)),
      today: now().slice(0, 10),
    });
  };
  return (auditId, db) => kept.get(auditId, () => read(db));
}
