import type { Runtime } from '../../classify/verdict.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import { viewImage } from '../../policy/image-view.ts';
import { commandHoldsSecret } from '../../policy/secrets.ts';
import { ALPINE, DEBIAN, supportedRelease } from '../releases.ts';
import type { BaseTechniqueId } from '../technique.ts';

export type PackageManager = 'npm' | 'pnpm' | 'yarn';

/** What is known of an image that a Dockerfile for it needs; every text is safe to write into one. */
export interface DockerfileFacts {
  readonly runtime: Runtime;
  /** A supported release: the image's own, or the newest. */
  readonly release: string;
  /** `express`, `next`, `django`, `fastapi`, … as classified. */
  readonly framework: string;
  readonly packageManager: PackageManager;
  readonly ports: readonly string[];
  readonly workdir: string;
  /** Entrypoint and command in the exec form's JSON; undefined where the image has none of its own. */
  readonly entrypoint: string | undefined;
  readonly cmd: string | undefined;
  /** What the image starts: the first word without its folder. */
  readonly program: string;
  readonly base: BaseTechniqueId;
}

/** Where templates put a program whose image says nothing, or nothing that is safe to repeat. */
const DEFAULT_WORKDIR = '/app';

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
    packageManager: packageManagerOf(image),
    ports: config.exposedPorts.filter((port) => /^\d{1,5}(?:\/(?:tcp|udp))?$/.test(port)),
    workdir: /^\/[\w./-]+$/.test(config.workingDir) ? config.workingDir : DEFAULT_WORKDIR,
    entrypoint: execForm(config.entrypoint.filter((word) => word !== 'docker-entrypoint.sh')),
    cmd: execForm(config.cmd),
    program: programOf([...config.entrypoint, ...config.cmd]),
    base,
  };
}

function packageManagerOf(image: AuditedImage): PackageManager {
  const programs = new Set(viewImage(image).own.flatMap(({ commands }) => commands.map(({ program }) => program)));
  if (programs.has('pnpm')) return 'pnpm';
  return programs.has('yarn') ? 'yarn' : 'npm';
}

/**
 * JSON has no raw line breaks, so nothing in it can start an instruction of its own. A command with a credential in it
 * is left out whole.
 */
function execForm(words: readonly string[]): string | undefined {
  return words.length === 0 || commandHoldsSecret(words)
    ? undefined
    : `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

function programOf(words: readonly string[]): string {
  const [first = ''] = words.filter((word) => !/^(?:docker-entrypoint\.sh|\/bin\/(?:ba)?sh|-c|tini|--)$/.test(word));
  const name = first.slice(first.lastIndexOf('/') + 1);
  return /^[\w.-]+$/.test(name) ? name : 'app';
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
export function compilerStep({ base }: DockerfileFacts): string {
  return base === 'alpine-base'
    ? 'RUN apk add --no-cache build-base'
    : 'RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*';
}
