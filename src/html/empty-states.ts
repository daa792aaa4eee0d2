import { STALE_DAYS, SUPERSEDED_BUILDS, SUPERSEDED_DAYS } from '../report/kinds/reclaim.ts';

/** Shown instead of the sentences below before the first audit, when an empty report does not yet mean good news. */
export const NO_AUDIT = 'No audit has finished yet.';

/** What it means that a report has no rows after an audit, by kind of report. */
export const EMPTY_STATES: Readonly<Record<string, string>> = {
  errors: 'No errors: everything that the registries list was read.',
  findings: 'No image trips a rule.',
  advice: 'No advice: no technique would make an image smaller.',
  regressions: 'No build is larger than the one before it.',
  improvements: 'No build has applied a technique yet.',
  techniques: 'No build has applied a technique yet.',
  goals: 'No goals yet: progress is measured from the first audit on.',
  trends: 'A trend begins with the second audit.',
  reclaim: `Nothing to remove: no manifest is untagged, archived, not pulled for ${STALE_DAYS} days, or older than ${SUPERSEDED_DAYS} days with ${SUPERSEDED_BUILDS} newer builds.`,
};
