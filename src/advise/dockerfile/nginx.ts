import { baseName } from '../../policy/paths.ts';
import { isScript } from '../start.ts';
import { closingLines } from './closing.ts';
import { type Copy, PLAIN_PATH } from './copies.ts';
import { copyStep, isOfContext, targetOf } from './copy-steps.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import type { NginxBase } from './nginx-base.ts';
import { settingSteps } from './nginx-settings.ts';
import { runPackages } from './packages.ts';

/**
 * Returns a Dockerfile for files that nginx's own image serves: on Alpine, on the edition without nginx's modules. Nothing is
 * built; what an earlier stage built is copied from a stage whose steps are unknown.
 */
export function nginxDockerfile(facts: DockerfileFacts, from: NginxBase): string {
  const { copies } = facts;
  return [
    ...(copies.some(isFromStage) ? ['# Call the stage that makes the copied files "build": FROM … AS build.'] : []),
    ...(facts.base === 'alpine-base'
      ? [`# This edition has no modules, such as njs and GeoIP: where the settings load them, use stable-alpine.`]
      : []),
    `FROM ${from}:stable${facts.base === 'alpine-base' ? '-alpine-slim' : ''}`,
    ...runPackages(facts),
    ...settingSteps(facts),
    ...(from === 'nginx' ? [`RUN chown -R ${USER} ${writtenBy(facts).join(' ')}`] : []),
    ...environmentLines(facts),
    ...copies.flatMap(fileLines),
    `USER ${USER}`,
    ...closingLines({ ...facts, folder: '/', script: undefined }, 'CMD ["nginx", "-g", "daemon off;"]', []),
  ].join('\n');
}

/** The user of nginx in its images. */
const USER = '101:101';

/** The folders to which nginx writes, with that of the settings which its start makes of templates. */
function writtenBy({ copies }: DockerfileFacts): readonly string[] {
  const hasTemplates = copies.some(({ into }) => into.startsWith('/etc/nginx/templates'));
  return ['/var/cache/nginx', '/run', ...(hasTemplates ? ['/etc/nginx/conf.d'] : [])];
}

/** Reports whether all that a step copied is from another stage. */
function isFromStage({ sources }: Copy): boolean {
  return sources.length > 0 && sources.every((source) => PLAIN_PATH.test(source));
}

/** Returns the COPY of what the image copied, in the order of the image. */
function fileLines(copy: Copy): readonly string[] {
  const { sources, into, isContext } = copy;
  if (!PLAIN_PATH.test(into)) return [];
  if (isOfContext(copy, 'nginx')) {
    const mode = sources.every((source) => isScript(baseName(source))) ? '--chmod=0755 ' : '';
    return [copyStep(copy, sources, targetOf(copy), mode)];
  }
  if (isFromStage(copy)) return [copyStep(copy, sources, targetOf(copy), '--from=build ')];
  if (sources.length > 0) return isContext ? [`COPY . ${into}/`] : [];
  const source = isContext ? 'dist' : baseName(into);
  return ['# The history does not tell what this is called in the context.', `COPY ${source} ${into}`];
}
