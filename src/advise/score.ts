import { type ByteRange, middle } from '../measure/byte-range.ts';

/**
 * Returns the share of its pull size that an image needs, in percent: 100 minus the avoidable share. The avoidable
 * bytes are the middle of the projected savings. The score never rises as avoidable bytes grow, and the formula is the
 * same for every image.
 * @param currentBytes pull size in bytes
 * @param savings the savings that the image's plan projects, in bytes
 * @returns a whole number from 0 to 100; an empty image scores 100
 * @see docs/advice.md, "slim_score"
 */
export function slimScore(currentBytes: number, savings: ByteRange): number {
  if (currentBytes <= 0) return 100;
  const avoidable = Math.min(currentBytes, Math.max(0, middle(savings)));
  return Math.round(100 * (1 - avoidable / currentBytes));
}
