/**
 * An int8 as the database writes it. Sums of sizes that somebody made up may be beyond 2^53 - 1: of those the nearest number
 * that JavaScript holds, for one image's claims must not end everybody's reports. Ids never get there.
 */
export function parseInt8(text: string): number {
  return Number(text);
}
