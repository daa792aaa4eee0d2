/** Thresholds for removal. The view `slimboard_reclaimable` repeats them in SQL: keep both the same. */

/** An image that nobody pulled for this many days is stale. */
export const STALE_DAYS = 180;
/** An image with this many newer builds, and older than SUPERSEDED_DAYS, is superseded. */
export const SUPERSEDED_BUILDS = 10;
export const SUPERSEDED_DAYS = 90;
