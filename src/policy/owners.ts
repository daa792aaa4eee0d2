import { matcherOf } from '../common/glob.ts';

/** Whose images a part of the policy is about: those of a team, of some repositories, or all if it names neither. */
export interface Owners {
  readonly team?: string;
  /** A glob over repository names; absent means every repository. */
  readonly repository?: string;
}

/** The repository and team of an image, by which the parts of the policy that are about it are chosen. */
export interface ImageOwner {
  readonly repository: string;
  readonly team?: string;
}

/** Whether an image is one of those that a part of the policy is about. */
export function matchesOwner(owner: ImageOwner, { team, repository }: Owners): boolean {
  return (
    (team === undefined || team === owner.team) && (repository === undefined || matcherOf(repository)(owner.repository))
  );
}
