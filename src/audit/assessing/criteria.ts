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
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** From {@link rulesKeyOf}: assessments stored under another key are out of date. */
  readonly rulesKey: string;
}

/** What {@link rulesKeyOf} identifies. */
export interface KeyedCriteria extends Pick<Criteria, 'policy' | 'teamKey' | 'today'> {
  /** Identifies what the catalogue added to the knowledge. */
  readonly catalogueKey: string;
}

/**
 * Identifies criteria, with the versions of classifier and rules. Of `today`, the key depends only on how many releases
 * had reached their end of life by then.
 */
export function rulesKeyOf({ policy, teamKey, catalogueKey, today }: KeyedCriteria): string {
  const ended = `${endedDistros(today)} distributions, ${endedRuntimes(today)} runtimes ended`;
  const versions = `classifier ${CLASSIFIER_VERSION}, rules ${RULES_VERSION}, ${ended}`;
  return shortHash(`${versions} ${JSON.stringify([policy.goal, policy.rules, teamKey, catalogueKey])}`);
}

/** Returns the criteria of an audit. @param db the transaction in hand, if there is one */
export type CriteriaReader = (auditId: number, db: Queryable) => Promise<Criteria>;

/** Creates a reader that reads the catalogue once an audit, and keeps the criteria of the audit last asked for. */
export function createCriteriaReader({ policy, teamKey }: Settings, now: () => string): CriteriaReader {
  const kept = new PromiseCache<number, Criteria>(1);
  const read = async (db: Queryable): Promise<Criteria> => {
    const alternatives = await catalogueAlternatives(db);
    const today = now().slice(0, 10);
    const catalogueKey = digestOf(JSON.stringify(alternatives));
    const rulesKey = rulesKeyOf({ policy, teamKey, catalogueKey, today });
    return { policy, teamKey, knowledge: knowledgeOf(alternatives), today, rulesKey };
  };
  return (auditId, db) => kept.get(auditId, () => read(db));
}
