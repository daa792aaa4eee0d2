import { type BaseAlternative, isNewer, releaseOf } from '../advise/alternatives.ts';
import type { Runtime, Variant } from '../classify/verdict.ts';
import type { Queryable } from '../database/database.ts';

/**
 * Repositories of base images, as the last part of their names, by the runtime that they provide. Images of other
 * repositories (an application, a database) are no alternative to a base image, however small they are.
 */
const BASES: Readonly<Partial<Record<Runtime, readonly string[]>>> = {
  node: ['node'],
  python: ['python'],
  go: ['golang'],
  java: ['eclipse-temurin', 'amazoncorretto'],
  ruby: ['ruby'],
  php: ['php'],
  rust: ['rust'],
  erlang: ['erlang'],
  elixir: ['elixir'],
  perl: ['perl'],
  dotnet: ['aspnet', 'runtime', 'sdk'],
  nginx: ['nginx'],
  httpd: ['httpd'],
  caddy: ['caddy'],
  none: ['debian', 'ubuntu', 'alpine', 'rockylinux', 'almalinux', 'amazonlinux'],
};

/**
 * One row for each runtime, version, variant and distribution: the image for linux/amd64 if there is one, because most
 * run that, under its shortest tag, which a Dockerfile would name.
 */
const NEWEST = `
  select distinct on (runtime, version, variant, distro) runtime, version, variant, distro, repository || ':' || tag as reference, pull_bytes
  from (
    select coalesce(runtime, 'none') as runtime, case when coalesce(runtime, 'none') = 'none' then distro_version else runtime_version end as version,
      variant, coalesce(distro, '') as distro, repository, tag, pull_bytes, platform
    from base_image
    where newest and (coalesce(runtime, 'none') || ' ' || substring(repository from '[^/]+$')) = any($1::text[])) b
  where version is not null and variant is not null
  order by runtime, version, variant, distro, platform <> 'linux/amd64', length(tag), tag, repository`;

interface AlternativeRow {
  readonly runtime: Runtime;
  readonly version: string;
  readonly variant: Variant;
  readonly distro: string;
  readonly reference: string;
  readonly pull_bytes: number;
}

/** Returns the newest version of each release of the catalogue's base images, with measured sizes. */
export async function catalogueAlternatives(db: Queryable): Promise<readonly BaseAlternative[]> {
  const bases = Object.entries(BASES).flatMap(([runtime, names]) => names.map((name) => `${runtime} ${name}`));
  const newest = new Map<string, BaseAlternative>();
  for (const row of await db.query<AlternativeRow>(NEWEST, [bases])) {
    const { runtime, version, variant, distro, reference } = row;
    const key = [runtime, releaseOf(runtime, version), variant, distro].join(' ');
    const known = newest.get(key);
    if (known && !isNewer(version, known.version)) continue;
    newest.set(key, { runtime, version, variant, distro, reference, compressedBytes: row.pull_bytes, measured: true });
  }
  return [...newest.values()];
}
