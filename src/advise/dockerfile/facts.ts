import type { Runtime } from '../../classify/verdict.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import { viewImage } from '../../policy/image-view.ts';
import { commandHoldsSecret } from '../../policy/secrets.ts';
import type { Command } from '../../policy/shell.ts';
import { ALPINE, DEBIAN, supportedRelease } from '../releases.ts';
import type { BaseTechniqueId } from '../technique.ts';

/** What is known of an image that a Dockerfile for it needs; every text is safe to write into one. */
export interface DockerfileFacts {
  readonly runtime: Runtime;
  /** A supported release: the image's own, or the newest. */
  readonly release: string;
  /** `express`, `next`, `django`, `fastapi`, … as classified. */
  readonly framework: string;
  /** What its own steps ran: they tell the package manager. */
  readonly commands: readonly Command[];
  /** As EXPOSE has them: `8080`, `53/udp`. */
  readonly ports: readonly string[];
  readonly workdir: string;
  /** Entrypoint and command in the exec form's JSON; undefined where the image has none of its own. */
  readonly entrypoint: string | undefined;
  readonly cmd: string | undefined;
  /** What the image starts, without its folder. */
  readonly program: string;
  /** What it gets beside its name, in the same part of the config. */
  readonly programArgs: readonly string[];
  /** The entrypoint names it, and the command is what else it gets; otherwise the command names it. */
  readonly isEntrypoint: boolean;
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
  return {
    runtime,
    release,
    framework: (verdict.framework?.value ?? '').toLowerCase(),
    commands: viewImage(image).own.flatMap(({ commands }) => commands),
    ports: config.exposedPorts.flatMap((port) => PORT.exec(port)?.[1] ?? []),
    workdir: /^\/[\w./-]+$/.test(config.workingDir) ? config.workingDir : DEFAULT_WORKDIR,
    entrypoint: execForm(config.entrypoint.filter((word) => word !== 'docker-entrypoint.sh')),
    cmd: execForm(config.cmd),
    ...startOf(config),
    base,
  };
}

/**
 * JSON has no raw line breaks, so nothing in it can start an instruction of its own. A command with a credential in it
 * is left out whole.
 */
function execForm(words: readonly string[]): string | undefined {
  return words.length === 0 || commandHoldsSecret(words) ? undefined : jsonWords(words);
}

/** Words as an instruction has them in its exec form. */
export function jsonWords(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

/** Shells and init programs, which start another. */
const STARTERS = /^(?:docker-entrypoint\.sh|(?:ba|a|da|z)?sh|-c|tini|dumb-init|--|exec)$/;

function startOf({ entrypoint, cmd }: ImageConfig): Pick<DockerfileFacts, 'program' | 'programArgs' | 'isEntrypoint'> {
  const byEntrypoint = programIn(entrypoint);
  const start = byEntrypoint ?? programIn(cmd) ?? { program: 'app', programArgs: [] };
  return { ...start, isEntrypoint: byEntrypoint !== undefined };
}

/** The program that a command starts and what it gives it; undefined where it starts none, or a shell's script hides it. */
function programIn(words: readonly string[]): Pick<DockerfileFacts, 'program' | 'programArgs'> | undefined {
  const at = words.findIndex((word) => !STARTERS.test(baseName(word)));
  const program = baseName(words[at] ?? '');
  if (!/^[\w.-]+$/.test(program)) return undefined;
  return { program, programArgs: commandHoldsSecret(words) ? [] : words.slice(at + 1) };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
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

/** The last lines of every template: ports, then what the image starts. */
export function closing(facts: DockerfileFacts, fallback: string): readonly string[] {
  const start = [
    ...(facts.entrypoint ? [`ENTRYPOINT ${facts.entrypoint}`] : []),
    ...(facts.cmd ? [`CMD ${facts.cmd}`] : []),
  ];
  return [...facts.ports.map((port) => `EXPOSE ${port}`), ...(start.length > 0 ? start : [fallback])];
}

/** Installs a compiler for packages that come without a build of their own; for build stages only. */
export function compilerStep({ base }: DockerfileFacts, libraries = ''): string {
  const more = libraries === '' ? '' : ` ${libraries}`;
  return base === 'alpine-base'
    ? `RUN apk add --no-cache build-base${more}`
    : `RUN apt-get update && apt-get install -y --no-install-recommends build-essential${more} && rm -rf /var/lib/apt/lists/*`;
}
