import type { Runtime } from '../../classify/verdict.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import { viewImage } from '../../policy/image-view.ts';
import { commandHoldsSecret } from '../../policy/secrets.ts';
import type { Command } from '../../policy/shell.ts';
import { linksLibraries } from '../linking.ts';
import { needsPackages, type OwnPackages, ownPackages } from '../own-packages.ts';
import { ALPINE, DEBIAN, DEBIAN_VERSION, supportedRelease } from '../releases.ts';
import { isScript, type Start, servesByApache, startNeedsShell, startOf } from '../start.ts';
import type { BaseTechniqueId } from '../technique.ts';
import { baseName, type Copy, copiesOf } from './copies.ts';
import { ownEnvironment } from './environment.ts';
import { type HealthFacts, healthOf } from './health.ts';

/** What is known of an image that a Dockerfile for it needs; every text is safe to write into one. */
export interface DockerfileFacts {
  readonly runtime: Runtime;
  /** A supported release: the image's own, or the newest. */
  readonly release: string;
  /** `express`, `next`, `django`, `fastapi`, … as classified. */
  readonly framework: string;
  /** What its own steps ran: they tell the package manager. */
  readonly commands: readonly Command[];
  /** What its own steps copied. */
  readonly copies: readonly Copy[];
  /** Apache's module serves it: what PHP's image for it sets. */
  readonly server: 'apache' | undefined;
  /** What its own steps set for the program: `PORT=8080`. */
  readonly env: readonly string[];
  readonly packages: OwnPackages;
  /** The image's distribution, where its packages' names may have changed since: `debian 10`. */
  readonly olderDistro: string | undefined;
  /** Its own steps gave files to the user it runs as: the program writes among them. */
  readonly givesFiles: boolean;
  /** A compiled program loads C libraries when it starts. */
  readonly linksLibraries: boolean;
  /** A script starts it, or it runs with packages: an image without a shell is not for it. */
  readonly needsDistribution: boolean;
  /** As EXPOSE has them: `8080`, `53/udp`. */
  readonly ports: readonly string[];
  readonly health: HealthFacts | undefined;
  readonly workdir: string;
  /** Entrypoint and command; empty where the image has none of its own, or one that holds a secret. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** What the image starts, without its folder. */
  readonly program: string;
  /** What it gets beside its name, in the same part of the config. */
  readonly programArgs: readonly string[];
  /** The entrypoint names it, and the command is what else it gets; otherwise the command names it. */
  readonly isEntrypoint: boolean;
  /** The path or name of a script that starts the program. */
  readonly script: string | undefined;
  readonly base: BaseTechniqueId;
}

/** Where templates put a program whose image says nothing, or nothing that is safe to repeat. */
const DEFAULT_WORKDIR = '/app';
/** TCP is what EXPOSE means anyway. */
const PORT = /^(\d{1,5}(?:\/udp)?)(?:\/tcp)?$/;

/**
 * Reads them off an image. Values come from whoever built the image: only what is plainly a port, a path or a command
 * gets through.
 * @param today `2026-11-24`: decides which releases are supported
 * @returns undefined for a runtime that has no template
 */
export function dockerfileFacts(
  image: AuditedImage,
  base: BaseTechniqueId,
  today: string,
): DockerfileFacts | undefined {
  const { config, verdict } = image;
  const runtime = verdict.runtime?.value.name ?? 'none';
  const release = supportedRelease(runtime, verdict.runtime?.value.version, today);
  if (release === undefined) return undefined;
  const view = viewImage(image);
  const start = startOf(view);
  return {
    runtime,
    release,
    framework: (verdict.framework?.value ?? '').toLowerCase(),
    commands: view.own.flatMap(({ commands }) => commands),
    copies: copiesOf(view.own),
    server: servesByApache(config) ? 'apache' : undefined,
    env: ownEnvironment(view),
    packages: ownPackages(view),
    olderDistro: olderDistroOf(image),
    givesFiles: view.own.some(({ args }) => /(?:^|\s|--)chown[\s=]/.test(args)),
    linksLibraries: linksLibraries(view, runtime),
    needsDistribution: startNeedsShell(view, runtime) || needsPackages(view),
    ports: config.exposedPorts.flatMap((port) => PORT.exec(port)?.[1] ?? []),
    health: healthOf(view),
    workdir: /^\/[\w./-]+$/.test(config.workingDir) ? config.workingDir : DEFAULT_WORKDIR,
    entrypoint: withoutSecret(start.entrypoint),
    cmd: withoutSecret(start.cmd),
    ...programOf(start),
    base,
  };
}

/** Debian's packages carry numbers of releases in their names; of another release some are gone. */
function olderDistroOf({ verdict }: AuditedImage): string | undefined {
  const { id = '', version = '' } = verdict.distro?.value ?? {};
  const isSame = version === '' || version.split('.', 1)[0] === DEBIAN_VERSION;
  return id === 'debian' && isSame ? undefined : /^(?:debian|ubuntu)$/.test(id) ? `${id} ${version}`.trim() : undefined;
}

/** A command with a credential in it is left out whole. */
function withoutSecret(words: readonly string[]): readonly string[] {
  return commandHoldsSecret(words) ? [] : words;
}

/** Shells and init programs, which start another. */
const STARTERS = /^(?:(?:ba|a|da|z)?sh|-c|tini|dumb-init|--|exec)$/;

function programOf({
  entrypoint,
  cmd,
}: Start): Pick<DockerfileFacts, 'program' | 'programArgs' | 'isEntrypoint' | 'script'> {
  const byEntrypoint = programIn(entrypoint);
  const start = byEntrypoint ?? programIn(cmd) ?? { program: 'app', programArgs: [] };
  const script = [...entrypoint, ...cmd].find((word) => isScript(word) && /^[\w./-]+$/.test(word));
  return { ...start, isEntrypoint: byEntrypoint !== undefined, script };
}

/** The program that a command starts and what it gives it; undefined where it starts none, or a shell's script hides it. */
function programIn(words: readonly string[]): Pick<DockerfileFacts, 'program' | 'programArgs'> | undefined {
  const at = words.findIndex((word) => !STARTERS.test(baseName(word)) && !isScript(word));
  const program = baseName(words[at] ?? '');
  if (!/^[\w.-]+$/.test(program)) return undefined;
  return { program, programArgs: withoutSecret(words).slice(at + 1) };
}

/** All that the program gets: beside its name, and where the entrypoint names it, by the command. */
export function argsOf({ programArgs, isEntrypoint, cmd }: DockerfileFacts): readonly string[] {
  return isEntrypoint ? [...programArgs, ...cmd] : programArgs;
}

/** `node:24-trixie-slim`, or `node:24-alpine3.24` where Alpine is asked for. */
export function officialTag(
  name: string,
  { release, base }: DockerfileFacts,
  order: 'suite-slim' | 'slim-suite',
): string {
  if (base === 'alpine-base') return `${name}:${release}-alpine${ALPINE}`;
  return `${name}:${release}-${order === 'suite-slim' ? `${DEBIAN}-slim` : `slim-${DEBIAN}`}`;
}

/**
 * The program's folder in the last stage. Where the program writes in it, its COPY comes first: a folder that it makes
 * belongs to the user, and one that WORKDIR made before stays root's, whatever COPY puts in it.
 */
export function programFolder(facts: DockerfileFacts, user: string, from = facts.workdir): readonly string[] {
  const { workdir, givesFiles } = facts;
  return givesFiles
    ? [`COPY --from=build --chown=${user} ${from} ${workdir}`, `WORKDIR ${workdir}`]
    : [`WORKDIR ${workdir}`, `COPY --from=build ${from} ./`];
}

const MOST_ON_A_LINE = 3;

/** The variables of the image's own steps, for the last stage. */
export function environment({ env }: DockerfileFacts): readonly string[] {
  if (env.length === 0) return [];
  return [`ENV ${env.join(env.length > MOST_ON_A_LINE ? ' \\\n    ' : ' ')}`];
}
