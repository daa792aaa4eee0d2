import { STALE_DAYS, SUPERSEDED_BUILDS, SUPERSEDED_DAYS } from '../../report/reclaim/reasons.ts';

/** Shown instead of the sentences below before the first audit, when an empty report does not yet mean good news. */
export const NO_AUDIT = 'Nothing was audited yet.';

/** What it means that a report has no rows after an audit, by kind of report. */
export const EMPTY_STATES: Readonly<Record<string, string>> = {
  errors: 'Nothing failed: all that the registries list was read.',
  findings: 'No image trips a rule.',
  advice: 'There is nothing to advise: no technique would make an image smaller.',
  regressions: 'No build is larger than the one before it.',
  improvements: 'No build has applied a technique yet.',
  techniques: 'No build has applied a technique yet.',
  goals: 'There are no goals yet: they start with the first audit.',
  trends: 'A trend begins with the second audit.',
  reclaim: `There is nothing to remove: no manifest is without a tag, archived, not pulled for ${STALE_DAYS} days, or older than ${SUPERSEDED_DAYS} days and behind ${SUPERSEDED_BUILDS} newer builds.`,
};
