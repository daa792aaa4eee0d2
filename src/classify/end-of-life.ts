import table from '../../config/distro-eol.json' with { type: 'json' };
import { lookUp } from '../common/look-up.ts';

const END_OF_LIFE: Readonly<Record<string, Readonly<Record<string, string>>>> = table.endOfLife;
/** The day on which the dates were last compared with their sources: `2026-11-28`. */
export const END_OF_LIFE_REVIEWED = table.reviewed;

/**
 * The last day of free security updates for a distribution's release. config/distro-eol.json names the sources.
 * @param id the distribution, as os-release names it
 * @param version as exact as known: `12`, `12.5`, `3.20.3`
 * @returns `YYYY-MM-DD`, or undefined if the table does not list the release
 */
export function distroEndOfLife(id: string, version: string): string | undefined {
  const releases = lookUp(END_OF_LIFE, id) ?? {};
  const names = Object.keys(releases).filter((name) => `${version}.`.startsWith(`${name}.`));
  return names.length === 0 ? undefined : releases[names.reduce((a, b) => (a.length > b.length ? a : b))];
}

/**
 * The number of listed releases whose free updates have ended. While it stays the same, assessments of earlier days
 * remain valid.
 * @param today `2026-11-24`
 */
export function endedDistros(today: string): number {
  const ends = Object.values(END_OF_LIFE).flatMap((releases) => Object.values(releases));
  return ends.filter((end) => end < today).length;
}
