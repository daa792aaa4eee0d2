import table from '../../../config/official-images.json' with { type: 'json' };
import type { Runtime } from '../verdict.ts';

/** How an image's tags name its variant. */
export type TagScheme =
  | 'slim'
  | 'suite-slim'
  | 'slim-suite'
  | 'suite'
  | 'php'
  | 'temurin'
  | 'nginx'
  | 'dotnet'
  | 'none';

/** A well-known image, and what it leaves in the history of images built on it. */
export interface OfficialImage {
  readonly repository: string;
  /** What it brings, if it brings nothing else and is made to build on: Tomcat's image is more than Java. */
  readonly runtime?: Runtime;
  /** The variable that its Dockerfile sets, or the build argument that it declares. */
  readonly env: string;
  /** What the variable's value looks like, where several images set it. */
  readonly value?: RegExp;
  /** The variable that carries the version, where it is another. */
  readonly versionEnv: string;
  readonly versionPattern?: RegExp;
  /** Instructions that end its Dockerfile: a verb and its words. */
  readonly ends: readonly { readonly verb: string; readonly words: string }[];
  /** Whether its Dockerfile, of all variants or of older ones, has no ending. */
  readonly mayLackEnd: boolean;
  /** What a RUN of its Dockerfile says, where others set the variable as well and nothing ends it. */
  readonly run?: RegExp;
  /** Its Dockerfile begins by setting the variable: what came before is another image. */
  readonly begins: boolean;
  readonly tags: TagScheme;
  /** Each major version is a line of its own: of others, the major's tag is the newest minor's. */
  readonly majorTag: boolean;
  /** Tags without a suite move to a new stable Debian within days of its release. */
  readonly followsDebian: boolean;
  /** The distribution of its variants that use apt. */
  readonly aptDistro?: string;
  /** The distribution of its variants that use yum or dnf. */
  readonly rpmDistro?: string;
  /** Whether it comes in a variant for Alpine, too. */
  readonly alpine: boolean;
  /** Whether its Dockerfile changes the user. */
  readonly setsUser: boolean;
}

type Row = (typeof table.images)[number];

function readRow(row: Row): OfficialImage {
  const env = row.env ?? row.arg ?? '';
  return {
    repository: row.repository,
    env,
    versionEnv: row.versionEnv ?? env,
    ends: (row.ends ?? []).map((end) => ({ verb: end.split(' ', 1)[0] ?? '', words: end.slice(end.indexOf(' ') + 1) })),
    mayLackEnd: row.mayLackEnd ?? row.ends === undefined,
    begins: row.begins ?? false,
    tags: row.tags as TagScheme,
    majorTag: row.majorTag ?? false,
    followsDebian: row.followsDebian ?? true,
    alpine: row.alpine ?? true,
    setsUser: row.setsUser ?? false,
    ...(row.runtime === undefined ? {} : { runtime: row.runtime as Runtime }),
    ...(row.run === undefined ? {} : { run: new RegExp(row.run) }),
    ...(row.value === undefined ? {} : { value: new RegExp(row.value) }),
    ...(row.versionPattern === undefined ? {} : { versionPattern: new RegExp(row.versionPattern) }),
    ...(row.aptDistro === undefined
      ? { aptDistro: 'debian' }
      : row.aptDistro === ''
        ? {}
        : { aptDistro: row.aptDistro }),
    ...(row.rpmDistro === undefined ? {} : { rpmDistro: row.rpmDistro }),
  };
}

function byName(key: 'env' | 'arg'): ReadonlyMap<string, readonly OfficialImage[]> {
  const images = new Map<string, OfficialImage[]>();
  for (const row of table.images) {
    const name = row[key];
    if (name !== undefined) images.set(name, [...(images.get(name) ?? []), readRow(row)]);
  }
  return images;
}

const BY_ENV = byName('env');
const BY_ARG = byName('arg');

const DOTNET_SUITES = new Map(Object.entries(table.dotnetSuites));

/** The suite that a tag of .NET without one stands for. */
export function dotnetSuite(version: string): string | undefined {
  return DOTNET_SUITES.get(/^\d+/.exec(version)?.[0] ?? '');
}

const NAMES = new Set(table.images.map(({ repository }) => repository.replace(/^.*\//, '')));

/** Whether a repository's own name is that of a well-known image, wherever it is mirrored: `golang`. */
export function isOfficialName(name: string): boolean {
  return NAMES.has(name);
}

const WITH_RUNTIME = table.images.filter(({ runtime }) => runtime !== undefined);

/** The runtime that a well-known image brings, wherever it is mirrored: `example.com/library/node:24`. */
export function runtimeOfReference(reference: string): Runtime | undefined {
  const repository = `/${reference.replace(/@.*$/, '').replace(/:[^/]*$/, '')}`;
  return WITH_RUNTIME.find((row) => repository.endsWith(`/${row.repository}`))?.runtime as Runtime | undefined;
}

/** The well-known image whose Dockerfile sets this variable to such a value, or declares such a build argument. */
export function officialImageOf(verb: 'ENV' | 'ARG', name: string, value: string): OfficialImage | undefined {
  const images = (verb === 'ENV' ? BY_ENV : BY_ARG).get(name);
  return images?.find((image) => image.value === undefined || image.value.test(value));
}
