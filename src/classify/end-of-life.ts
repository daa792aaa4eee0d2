import table from '../../config/distro-eol.json' with { type: 'json' };

const END_OF_LIFE: Readonly<Record<string, Readonly<Record<string, string>>>> = table.endOfLife;

/**
 * The last day of free security updates of a distribution's release; config/distro-eol.json names the sources.
 * @param version as exact as it is known: `12`, `12.5`, `3.20.3`
 * @returns `YYYY-MM-DD`, or undefined where the table does not know the release
 */
export function distroEndOfLife(id: string, version: string): string | undefined {
  const releases = Object.hasOwn(END_OF_LIFE, id) ? END_OF_LIFE[id] : undefined;
  const parts = version.split('.');
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('.');
    if (releases && Object.hasOwn(releases, name)) return releases[name];
  }
  return undefined;
}

/**
 * How many releases of the table have no free updates any more: a judgement of yesterday holds while it is the same.
 * @param today `2026-11-24`
 */
export function endedDistros(today: string): number {
  const ends = Object.values(END_OF_LIFE).flatMap((releases) => Object.values(releases));
  return ends.filter((end) => end < today).length;
}
