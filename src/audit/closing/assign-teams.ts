import type { Queryable } from '../../database/database.ts';
import type { TeamSettings } from '../../settings/settings.ts';
import { teamOf } from '../../settings/team-of.ts';
import { type Ownership, type RepositoryOwners, readOwners, saveOwnership, UNOWNED } from '../../store/team-store.ts';

/**
 * Stores the team of every repository of some sources.
 * @returns how many have another team, or another origin of it, than before
 */
export async function assignTeams(
  tx: Queryable,
  sourceIds: readonly number[],
  teams: readonly TeamSettings[],
): Promise<number> {
  const owners = await readOwners(tx, sourceIds);
  const changed = owners.flatMap((repository) => {
    const { team, origin } = ownerOf(repository, teams);
    return team === repository.team && origin === repository.origin ? [] : [{ id: repository.id, team, origin }];
  });
  await saveOwnership(tx, changed);
  return changed.length;
}

/**
 * The team by the first configured pattern that matches, else by the registry, else by the newest image's own label.
 */
function ownerOf(repository: RepositoryOwners, teams: readonly TeamSettings[]): Ownership {
  const configured = teamOf(repository.name, teams, repository.registry);
  if (configured !== undefined) return { team: configured, origin: 'pattern' };
  if (repository.registryTeam) return { team: repository.registryTeam, origin: 'registry' };
  if (repository.labelTeam) return { team: shortened(repository.labelTeam), origin: 'label' };
  return { team: UNOWNED, origin: 'none' };
}

/** A label may be of any length; an index of the database takes 2,700 bytes. */
const MAX_TEAM_LENGTH = 200;

/** Cuts between characters: the database accepts no half of a surrogate pair. */
function shortened(team: string): string {
  return team.length > MAX_TEAM_LENGTH ? [...team].slice(0, MAX_TEAM_LENGTH).join('') : team;
}
