/** What the view `slimboard_reclaimable` calls stale and superseded: it says the same in SQL. */

/** Nobody pulled it for so long: stale. */
export const STALE_DAYS = 180;
/** So many newer builds, and so old: superseded. */
export const SUPERSEDED_BUILDS = 10;
export const SUPERSEDED_DAYS = 90;
