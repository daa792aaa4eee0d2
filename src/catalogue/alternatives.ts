import { type BaseAlternative, kindOf } from '../advise/alternatives.ts';
import { isNewer } from '../advise/releases.ts';
import type { Runtime } from '../classify/verdict.ts';
import type { Queryable } from '../database/database.ts';
import { DEFAULT_PLATFORM } from '../oci/platform.ts';
import { byBytes } from '../store/sql/by-bytes.ts';

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
 * One row for each runtime, version, variant and distribution: the image for {@link DEFAULT_PLATFORM} if there is
 * one, under its shortest tag, which a Dockerfile would name. Registries may hold different builds under a name: the
 * smallest counts, so that the order in which they were learned does not matter.
 */
const NEWEST = `
  select distinct on (runtime, version, variant, distro) runtime, version, variant, distro, repository || ':' || tag as reference, pull_bytes as "compressedBytes", true as measured
  from (
    select coalesce(runtime, 'none') as runtime, case when coalesce(runtime, 'none') = 'none' then distro_version else runtime_version end as version,
      variant, coalesce(distro, '') as distro, repository, tag, pull_bytes, platform
    from base_image
    where newest and (coalesce(runtime, 'none') || ' ' || substring(repository from '[^/]+$')) = any($1::text[])) b
  where version is not null and variant is not null
  order by runtime, version, variant, distro, platform <> '${DEFAULT_PLATFORM}', length(tag), ${byBytes('tag', 'repository', 'platform')}, pull_bytes`;

/** Returns the newest version of each release of the catalogue's base images, with measured sizes. */
export async function catalogueAlternatives(db: Queryable): Promise<readonly BaseAlternative[]> {
  const bases = Object.entries(BASES).flatMap(([runtime, names]) => names.map((name) => `${runtime} ${name}`));
  const newest = new Map<string, BaseAlternative>();
  for (const row of await db.query<BaseAlternative>(NEWEST, [bases])) {
    const known = newest.get(kindOf(row));
    if (known && !isNewer(row.version, known.version)) continue;
    newest.set(kindOf(row), row);
  }
  return [...newest.values()];
}
