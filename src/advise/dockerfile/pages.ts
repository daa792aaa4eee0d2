import { absolutePath, baseName } from '../../policy/paths.ts';
import type { PlacedCommand } from '../../policy/shell.ts';
import { placesPages } from '../pages.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { closingLines, NGINX_FOLDERS } from './closing.ts';
import { PLAIN_PATH } from './copies.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { settingSteps } from './nginx-settings.ts';
import { buildStage } from './node-build.ts';
import { runPackages } from './packages.ts';

/**
 * Returns a Dockerfile for pages that Node.js builds and a distribution's nginx serves: the last stage has nginx alone, from
 * the same package, whose settings are in the same folders.
 */
export function pagesDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts),
    '',
    `FROM ${facts.base === 'alpine-base' ? `alpine:${ALPINE}` : `debian:${DEBIAN}-slim`}`,
    ...runPackages(facts),
    ...settingSteps(facts),
    // nginx writes its pid, its logs, and what is too large for memory.
    `RUN chown -R ${USER} ${NGINX_FOLDERS}`,
    ...environmentLines(facts),
    ...pageLines(facts),
    `USER ${USER}`,
    ...closingLines({ ...facts, folder: facts.workdir }, 'CMD ["nginx", "-g", "daemon off;"]', []),
  ].join('\n');
}

const USER = '10001:10001';

/** Folders that nginx's packages make, so that a folder which is copied to one becomes a folder in it. */
const MADE_BY_NGINX = /^\/(?:var\/www(?:\/html)?|usr\/share\/nginx(?:\/html)?)$/;
/** The end of a path that stands for what the folder holds. */
const CONTENTS = /\/(?:\*|\.)?$/;

/** Returns the COPY of the pages: to where the image's own steps put them, else of what a build usually writes. */
function pageLines(facts: DockerfileFacts): readonly string[] {
  const placed = facts.commands.flatMap((command) => placementOf(command, facts) ?? []);
  if (placed.length > 0) return [...new Set(placed)];
  const folder = `${facts.workdir}/dist`;
  return [
    "# The folder that the build writes, and that nginx's settings name: build of Create React App, dist of others.",
    `COPY --from=build ${folder} ${folder}`,
  ];
}

/** Returns the COPY that does what a command of the image's own steps did: `cp -r dist/* /var/www/html/`. */
function placementOf(command: PlacedCommand<string>, facts: DockerfileFacts): string | undefined {
  const [source = '', target = '', ...more] = command.words.filter((word) => !word.startsWith('-'));
  if (!placesPages(command) || more.length > 0) return undefined;
  const from = absolutePath(source.replace(CONTENTS, ''), command.folder);
  const to = absolutePath(target, command.folder);
  if (!PLAIN_PATH.test(from) || !PLAIN_PATH.test(to)) return undefined;
  const isRemoved = facts.commands.some(({ program, words }) => program === 'rm' && words.includes(to));
  const isInside = !CONTENTS.test(source) && MADE_BY_NGINX.test(to) && !isRemoved;
  return `COPY --from=build ${from} ${isInside ? `${to}/${baseName(from)}` : to}`;
}
