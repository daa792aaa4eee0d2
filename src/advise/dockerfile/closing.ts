import { absolutePath, baseName, isWithin } from '../../policy/paths.ts';
import { type Copy, PLAIN_PATH, sourceOf } from './copies.ts';
import type { DockerfileFacts } from './facts.ts';
import { healthLines } from './health.ts';
import { leftOutNote, otherCopies } from './left-out.ts';
import { startLines } from './lines.ts';

/**
 * Returns the last lines of a Dockerfile: a start script, ports, health check, then the image's entrypoint and command.
 * @param fallback the line to use if the image starts nothing that can be repeated
 * @param note on the command, as comments; by default on a supervisor
 */
export function closingLines(
  facts: DockerfileFacts,
  fallback: string,
  note: readonly string[] = supervisorNote(facts),
): readonly string[] {
  const start = startLines(facts);
  return [...scriptLines(facts), ...settingLines(facts), ...note, ...(start.length > 0 ? start : [fallback])];
}

/** Programs that start others, and usually do so as root. */
const SUPERVISOR = /^(?:supervisord|nginx|runsvdir|s6-svscan|crond?)$/;

/** The folders in which Debian's and Alpine's nginx write. */
export const NGINX_FOLDERS = '/var/lib/nginx /var/log/nginx /run';

function supervisorNote({ program }: DockerfileFacts): readonly string[] {
  if (!SUPERVISOR.test(program)) return [];
  if (program === 'nginx')
    return [`# Without root, nginx may not write to its folders: chown ${NGINX_FOLDERS} to the user before USER.`];
  return [`# ${program} starts other programs: make sure that all of them run without root.`];
}

/** Returns the lines for files outside of the program's folder, further steps, the settings and the health check. */
export function settingLines(facts: DockerfileFacts): readonly string[] {
  return [
    ...otherCopies(facts),
    ...leftOutNote(facts.leftOut),
    ...portLines(facts),
    ...facts.keptSettings.flatMap((setting) => (DATA_FOLDER.test(setting) ? [ON_VOLUMES, setting] : [setting])),
    ...healthLines(facts),
  ];
}

/** The volume of another folder than /tmp, to which every user may write. */
const DATA_FOLDER = /^VOLUME (?!\/tmp\/?$)/;
const ON_VOLUMES =
  '# Its user needs to be able to write to it: create the folder in the first stage, and copy it with --chown.';

/** The first port that every user may bind. */
const FIRST_FREE_PORT = 1_024;

/** Returns the EXPOSE of each port. Docker lets every user bind lower ones, but containerd before 2.0 did not. */
function portLines({ ports, entrypoint, cmd }: DockerfileFacts): readonly string[] {
  const named = [...ports, ...portsIn([...entrypoint, ...cmd])];
  const isReserved = named.some((port) => Number.parseInt(port, 10) < FIRST_FREE_PORT);
  return [
    ...(isReserved
      ? ['# Where only root may bind ports below 1024, let the program listen on another, such as 8080.']
      : []),
    ...ports.map((port) => `EXPOSE ${port}`),
  ];
}

/** A port, alone or after an address: `:80`, `0.0.0.0:80`, `http://*:80`. After a name it is another host's. */
const LISTENING = /(?:port=|(?:^|=|\/)(?:\d+\.[\d.]+|\[[\d:]*\]|[*+])?:)(\d{2,5})\/?$/;

/** Returns the ports in the words of a command: `--port 80`, `--port=80`, `--bind 0.0.0.0:80`. */
function portsIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word, at) => {
    const isValue = /^(?:-p|--(?:\S*[.-])?port)$/.test(words[at - 1] ?? '');
    return LISTENING.exec(isValue ? `:${word}` : word)?.[1] ?? [];
  });
}

/**
 * Returns the COPY of a start script outside of the program's folder, or a note if its source is unknown; the COPY of one
 * inside if the image's own steps made it executable, because its source may not be.
 */
function scriptLines(facts: DockerfileFacts): readonly string[] {
  const { script, copies, workdir, folder, entrypoint, cmd } = facts;
  const isStarted = script !== undefined && [...entrypoint, ...cmd].includes(script);
  if (!isStarted) return [];
  const path = absolutePath(script, workdir);
  // A name without a folder is searched for on the PATH.
  if (script.includes('/') && isWithin(path, folder)) {
    const source = isMadeExecutable(path, facts) ? sourceOf(script, copies, workdir) : undefined;
    return source === undefined ? [] : [`COPY --chmod=0755 ${source} ${path}`];
  }
  const copy = copies.find((candidate) => isCopyOf(candidate, script));
  return [
    copy
      ? `COPY --chmod=0755 ${copy.sources[0]} ${copy.target}`
      : `# The image is started by ${baseName(script)}: copy it here.`,
  ];
}

/** Whether the image's own steps changed the mode of a path, of what a pattern may name, or of a folder above. */
function isMadeExecutable(path: string, { commands }: DockerfileFacts): boolean {
  const chmods = commands.filter(({ program }) => program === 'chmod');
  return chmods.some(({ words, folder }) =>
    words.some((word) => isWithin(path, absolutePath(beforePattern(word), folder))),
  );
}

/** A path up to the part that is a pattern: `/app/` of `/app/*.sh`. */
function beforePattern(path: string): string {
  const star = path.indexOf('*');
  return star < 0 ? path : path.slice(0, path.lastIndexOf('/', star) + 1);
}

/** Returns a note on the image's start script, for templates that start the program themselves. */
export function scriptNote({ script }: DockerfileFacts): readonly string[] {
  return script ? [`# The image is started by ${script}: copy it as well, and name it first in ENTRYPOINT.`] : [];
}

function isCopyOf({ sources, target }: Copy, script: string): boolean {
  const [source = '', ...more] = sources;
  if (more.length > 0 || !/^[\w.][\w./-]*$/.test(source) || !PLAIN_PATH.test(target)) return false;
  const path = target.endsWith('/') ? target + baseName(source) : target;
  return path === script || (!script.includes('/') && baseName(path) === script);
}
