import { type ImageOwner, matchesOwner, type Owners } from './owners.ts';

/** A decision to accept violations, for good or until a day. Which ones: those that match everything it names. */
export interface Exception extends Owners {
  /** Rules and other names of violations; absent means every one. */
  readonly rules?: readonly string[];
  /** The last day on which it holds, in UTC: `YYYY-MM-DD`. Absent means for good. */
  readonly until?: string;
  /** Why, for those who read it later. */
  readonly reason: string;
}

/** An exception as it concerns one violation. */
export interface AppliedException {
  readonly reason: string;
  readonly until: string | null;
  /** False after its last day: it accepts the violation no longer. */
  readonly holds: boolean;
}

/**
 * Returns the exception that accepts an image's violation of a rule: the first that holds, else the first that held.
 * @param today in UTC, `YYYY-MM-DD`
 * @returns null if none ever did
 */
export function exceptionFor(
  rule: string,
  owner: ImageOwner,
  exceptions: readonly Exception[],
  today: string,
): AppliedException | null {
  const matching = exceptions
    .filter(({ rules }) => rules === undefined || rules.includes(rule))
    .filter((exception) => matchesOwner(owner, exception))
    // Such days compare as text.
    .map(({ reason, until = null }) => ({ reason, until, holds: until === null || until >= today }));
  return matching.find(({ holds }) => holds) ?? matching[0] ?? null;
}

/** `accepted until 2027-03-31: waits for the new runtime`; after that day, `was accepted until …`. */
export function exceptionText({ reason, until, holds }: AppliedException): string {
  const time = until === null ? '' : ` until ${until}`;
  return `${holds ? 'accepted' : 'was accepted'}${time}: ${reason}`;
}
