import table from '../../../config/official-images.json' with { type: 'json' };
import { groupBy } from '../../common/group-by.ts';
import { assignments, MAX_COMMAND_LENGTH } from '../history/instruction.ts';
import type { Runtime } from '../verdict.ts';

/** How an image's tags name the variant: the order of suite and `slim`, or a scheme of the image's own. */
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

/** A well-known image, and its traces in the histories of images built on it. Read from config/official-images.json. */
export interface OfficialImage {
  readonly repository: string;
  /** Its runtime, if it has nothing else and is made to build on. Tomcat's image, for example, is more than Java. */
  readonly runtime: Runtime | undefined;
  /** The instruction of its Dockerfile that shows it: an ENV or ARG of the variable `env`, or a RUN that `run` matches. */
  readonly shownBy: 'ENV' | 'ARG' | 'RUN';
  /** The variable that its Dockerfile sets, or the build argument that it declares; empty if only `run` shows it. */
  readonly env: string;
  /** The form of the variable's value, if several images set the variable. */
  readonly value: RegExp | undefined;
  /** Another variable that it, or an image beneath it, sets: without that, a company's image set `env`. */
  readonly needs: string | undefined;
  /** The variable with the version, which may be another one than `env`. */
  readonly versionEnv: string;
  readonly versionPattern: RegExp | undefined;
  /** The instructions that may end its Dockerfile: a verb and its words. */
  readonly ends: readonly { readonly verb: string; readonly words: string }[];
  /** Whether the Dockerfile of some variants or older versions has none of these endings. */
  readonly mayLackEnd: boolean;
  /**
   * Matches a RUN of its Dockerfile. Needed if it sets no variable, or if other images set it too and no ending
   * identifies it.
   */
  readonly run: RegExp | undefined;
  /** Whether its Dockerfile starts by setting the variable, so that earlier steps are another image's. */
  readonly begins: boolean;
  readonly tags: TagScheme;
  /**
   * Whether each major version is a line of its own. Otherwise a major version's tag means the newest minor version.
   */
  readonly majorTag: boolean;
  /** Whether tags without a suite move to a new stable Debian within days of its release. */
  readonly followsDebian: boolean;
  /** The distribution of its variants that use apt; undefined if there are several, or none. */
  readonly aptDistro: string | undefined;
  /** The distribution of its variants that use yum or dnf. */
  readonly rpmDistro: string | undefined;
  /** Whether it has a variant for Alpine. */
  readonly alpine: boolean;
  /** Whether its Dockerfile changes the user. */
  readonly setsUser: boolean;
}

type Row = (typeof table.images)[number];

function readRow(row: Row): OfficialImage {
  const env = row.env ?? row.arg ?? '';
  return {
    repository: row.repository,
    shownBy: row.env !== undefined ? 'ENV' : row.arg !== undefined ? 'ARG' : 'RUN',
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
    runtime: row.runtime as Runtime | undefined,
    run: patternOf(row.run),
    value: patternOf(row.value),
    needs: row.needs,
    versionPattern: patternOf(row.versionPattern),
    aptDistro: row.aptDistro === '' ? undefined : (row.aptDistro ?? 'debian'),
    rpmDistro: row.rpmDistro,
  };
}

function patternOf(source: string | undefined): RegExp | undefined {
  return source === undefined ? undefined : new RegExp(source);
}

const IMAGES = table.images.map(readRow);
/** Images by the name of the variable that an ENV sets, or that an ARG declares. */
const BY_VARIABLE = {
  ENV: groupBy(shownBy('ENV'), ({ env }) => env),
  ARG: groupBy(shownBy('ARG'), ({ env }) => env),
};
const BY_RUN = shownBy('RUN');

function shownBy(verb: OfficialImage['shownBy']): readonly OfficialImage[] {
  return IMAGES.filter((image) => image.shownBy === verb);
}

const DOTNET_SUITES = new Map(Object.entries(table.dotnetSuites));

/** The suite that a tag of .NET stands for if it names none. */
export function dotnetSuite(version: string): string | undefined {
  return DOTNET_SUITES.get(/^\d+/.exec(version)?.[0] ?? '');
}

/** Paths without the host and without Docker Hub's `library`: `/golang`, `/dotnet/sdk`. */
const PATHS = IMAGES.map(({ repository }) => `/${repository.replace(/^(?:library|[^/]+\.[^/]+)\//, '')}`);

/** Whether a reference names a well-known image, wherever it is mirrored: `example.com/hub/golang:1.27`. */
export function isOfficialReference(reference: string): boolean {
  const path = pathOf(reference);
  return PATHS.some((known) => path.endsWith(known));
}

/** A reference's repository behind a slash, without tag and digest. */
function pathOf(reference: string): string {
  return `/${reference.replace(/@.*$/, '').replace(/:[^/]*$/, '')}`;
}

/** The runtime of a well-known image, under any mirror: `example.com/library/node:24`. */
export function runtimeOfReference(reference: string): Runtime | undefined {
  const path = pathOf(reference);
  return IMAGES.find(({ runtime, repository }) => runtime !== undefined && path.endsWith(`/${repository}`))?.runtime;
}

/** Whether a reference names a well-known image, under any mirror, that holds more than a runtime: a server, a tool. */
export function isProductReference(reference: string): boolean {
  const path = pathOf(reference);
  return IMAGES.some(({ runtime, repository }) => runtime === undefined && path.endsWith(`/${repository}`));
}

/**
 * The well-known images whose Dockerfiles set a variable of this ENV, declare a build argument of this ARG, or have this
 * RUN.
 */
export function officialImagesOf(verb: OfficialImage['shownBy'], args: string): readonly OfficialImage[] {
  if (verb === 'RUN') return BY_RUN.filter(({ run }) => run?.test(args.slice(0, MAX_COMMAND_LENGTH)));
  const known = BY_VARIABLE[verb];
  return assignments(args).flatMap(
    ([name, text]) => known.get(name)?.find(({ value }) => value?.test(text) !== false) ?? [],
  );
}
