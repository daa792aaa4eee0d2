import type { ByteRange } from '../policy/finding.ts';

/**
 * The share of an image's pull size that it needs, in percent: 100 minus what is avoidable. Avoidable is the middle of
 * the savings that advice projects. Falls (or stays) as avoidable bytes grow, and is the same formula for every image.
 * @param currentBytes pull size
 * @returns a whole number from 0 to 100; an empty image scores 100
 * @see docs/advice.md, "slim_score"
 */
export function slimScore(currentBytes: number, savings: ByteRange): number {
  if (currentBytes <= 0) return 100;
  const avoidable = Math.min(currentBytes, Math.max(0, (savings.min + savings.max) / 2));
  return Math.round(100 * (1 - avoidable / currentBytes));
}
