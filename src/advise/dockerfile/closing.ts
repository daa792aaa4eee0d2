import { baseName, type Copy } from './copies.ts';
import { jsonWords } from './exec-form.ts';
import type { DockerfileFacts } from './facts.ts';
import { healthLines } from './health.ts';

/** The last lines of every template: ports and health, then what the image starts. */
export function closing(facts: DockerfileFacts, fallback: string): readonly string[] {
  const start = startLines(facts);
  return [...scriptLines(facts), ...servingLines(facts), ...(start.length > 0 ? start : [fallback])];
}

/** The ports that it serves, and how others ask for its health. */
export function servingLines(facts: DockerfileFacts): readonly string[] {
  return [...facts.ports.map((port) => `EXPOSE ${port}`), ...healthLines(facts)];
}

/** Entrypoint and command, those that there are. */
export function startLines({ entrypoint, cmd }: Pick<DockerfileFacts, 'entrypoint' | 'cmd'>): readonly string[] {
  return [
    ...(entrypoint.length > 0 ? [`ENTRYPOINT ${jsonWords(entrypoint)}`] : []),
    ...(cmd.length > 0 ? [`CMD ${jsonWords(cmd)}`] : []),
  ];
}

/** The COPY of a script that lies outside of the program's folder; a note where nobody knows where it came from. */
function scriptLines({ script, copies, workdir, entrypoint, cmd }: DockerfileFacts): readonly string[] {
  const isShown = script !== undefined && [...entrypoint, ...cmd].includes(script);
  if (!isShown || script.startsWith(`${workdir}/`) || script.startsWith('./')) return [];
  const copy = copies.find((candidate) => isCopyOf(candidate, script));
  return [
    copy
      ? `COPY --chmod=0755 ${copy.sources[0]} ${copy.target}`
      : `# The image is started by ${baseName(script)}: copy it here, too.`,
  ];
}

/** The note of templates that name the program themselves. */
export function scriptNote({ script }: DockerfileFacts): readonly string[] {
  return script ? [`# ${script} starts the image: copy it, too, and name it first in ENTRYPOINT.`] : [];
}

/** Of one file, which the script is or which goes into the script's folder by its name. */
function isCopyOf({ sources, target }: Copy, script: string): boolean {
  const [source = '', ...more] = sources;
  if (more.length > 0 || !/^[\w.][\w./-]*$/.test(source) || !/^\/[\w./-]+$/.test(target)) return false;
  const path = target.endsWith('/') ? target + baseName(source) : target;
  return path === script || (!script.includes('/') && baseName(path) === script);
}
