import { absolutePath, baseName } from '../../policy/paths.ts';
import { isScript } from '../start.ts';
import { closingLines } from './closing.ts';
import { type Copy, PLAIN_PATH } from './copies.ts';
import { isOfContext, sameCopy } from './copy-steps.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import type { NginxBase } from './nginx-base.ts';
import { settingSteps } from './nginx-settings.ts';
import { runPackages } from './packages.ts';

/**
 * Returns a Dockerfile for files that nginx's own image serves: on Alpine, on the edition without nginx's modules. Nothing is
 * built; what an earlier stage built is copied from a stage whose steps are unknown.
 */
export function nginxDockerfile(facts: DockerfileFacts, { repository, workdir }: NginxBase): string {
  const { copies } = facts;
  const steps = [...runPackages(facts), ...settingSteps(facts)];
  const isRoot = repository === 'nginx';
  return [
    ...(copies.some(isFromStage) ? ['# Call the stage that makes the copied files "build": FROM … AS build.'] : []),
    ...(facts.base === 'alpine-base'
      ? ['# This edition has no modules, such as njs and GeoIP: where the settings load them, use stable-alpine.']
      : []),
    `FROM ${repository}:stable${facts.base === 'alpine-base' ? '-alpine-slim' : ''}`,
    ...(isRoot || steps.length === 0 ? [] : ['USER root']),
    ...steps,
    ...environmentLines(facts),
    ...(workdir === undefined ? [] : [`WORKDIR ${workdir}`]),
    ...copies.flatMap((copy) => fileLines(copy, facts)),
    // Behind the files: those of the settings may be readable or writable by their owner alone.
    ...(isRoot ? [`RUN chown -R ${USER} ${writtenBy(facts).join(' ')}`] : []),
    ...(startsOwn(facts)
      ? [`# The start runs without root: also give its user the other files and folders that it writes to.`]
      : []),
    `USER ${USER}`,
    ...closingLines({ ...facts, folder: '/', script: undefined }, 'CMD ["nginx", "-g", "daemon off;"]', []),
  ].join('\n');
}

/** The user of nginx in its images. */
const USER = '101:101';

/** Whether something else than nginx alone is started, or a script before it. */
function startsOwn({ entrypoint, cmd, program, script, copies }: DockerfileFacts): boolean {
  const isOther = entrypoint.length + cmd.length > 0 && program !== 'nginx';
  return isOther || script !== undefined || copies.some(({ into }) => into.startsWith('/docker-entrypoint.d'));
}

/** Templates of settings, and keys, which often are for their owner alone. */
const FOR_OWNER = /^\/etc\/nginx\/(?:templates(?:\/|$)|.*\.(?:key|pem)$)/;

/** The folders to which nginx writes, with that of its settings if its start may change them, or they hold keys. */
function writtenBy(facts: DockerfileFacts): readonly string[] {
  const paths = facts.copies.flatMap((copy) => copy.sources.map((source) => `${copy.into}/${baseName(source)}`));
  const hasOwn = startsOwn(facts) || paths.some((path) => FOR_OWNER.test(path));
  return ['/var/cache/nginx', '/var/log/nginx', '/run', ...(hasOwn ? ['/etc/nginx'] : [])];
}

/** An absolute path, perhaps with wildcards. */
const OF_STAGE = /^\/[\w./*-]+$/;

function isFromStage({ sources }: Copy): boolean {
  return sources.length > 0 && sources.every((source) => OF_STAGE.test(source));
}

/** Returns the COPY of what the image copied, in the order of the image. */
function fileLines(copy: Copy, facts: DockerfileFacts): readonly string[] {
  const { sources, into, isContext } = copy;
  if (!PLAIN_PATH.test(into) && into !== '/') return [NOT_COPIED];
  if (isOfContext(copy, 'nginx')) return [sameCopy(copy, isExecutable(copy, facts) ? '--chmod=0755 ' : '')];
  if (isFromStage(copy)) return [sameCopy(copy, '--from=build ')];
  if (isContext && sources.length > 0) return [`COPY . ${into}/`];
  if (sources.some((source) => /^https?:/.test(source))) return [];
  if (sources.length > 0 || into === '/') return [NOT_COPIED];
  const source = isContext ? 'dist' : baseName(into);
  return ['# The history does not tell what this is called in the context.', `COPY ${source} ${into}`];
}

const NOT_COPIED = '# Copy here what else the image copies.';

/** Whether all that a step copied is to be executed: scripts, or what the image starts. */
function isExecutable({ sources, into }: Copy, { entrypoint, cmd, workdir }: DockerfileFacts): boolean {
  const commands = [...entrypoint, ...cmd].flatMap((word) => word.split(/[;&|]+/));
  const started = commands.map((command) => absolutePath(/^\S*/.exec(command.trim())?.[0] ?? '', workdir));
  const [source = ''] = sources;
  const isStarted = [into, absolutePath(baseName(source), into)].some((path) => started.includes(path));
  return sources.every((path) => isScript(baseName(path))) || (sources.length === 1 && isStarted);
}
