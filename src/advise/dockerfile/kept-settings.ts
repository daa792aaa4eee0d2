import { assignments, commandWords } from '../../classify/history/instruction.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import { setting } from './environment.ts';
import { jsonWords } from './lines.ts';

/** `SIGQUIT`, `SIGRTMIN+3`, `9`. */
const SIGNAL = /^(?:[A-Z][A-Z0-9]+(?:\+\d+)?|\d{1,2})$/;
/** A folder that an instruction takes as it is. */
const PLAIN_FOLDER = /^\/[\w./-]+$/;
/** A folder that it takes in quotes. */
const FOLDER = /^\/[^\p{Cc}\u2028\u2029]{1,500}$/u;
/** What it would read as quotes, variables or escapes. @see Dockerfile reference, "Environment replacement" */
const READ_OTHERWISE = /["'$\\]/g;
/** Labels that are true of one build alone, or of the base that it had. */
const OF_ONE_BUILD =
  /(?:^|[._-])(?:base|branch|build\w*|ci|commit\w*|created|date|digest|git\w*|job\w*|pipeline\w*|ref|revision|sha\d*|tag|timestamp|vcs|version)(?:$|[._-])/i;

/** Returns LABEL, VOLUME and STOPSIGNAL as the image's own steps set them, without labels that each build sets anew. */
export function keptSettings(view: ImageView): readonly string[] {
  const steps = ownSteps(view);
  const { labels } = view.image.config;
  const names = steps.flatMap(({ verb, args }) => (verb === 'LABEL' ? assignments(args) : [])).map(([name]) => name);
  const kept = [...new Set(names)].filter((name) => Object.hasOwn(labels, name) && !OF_ONE_BUILD.test(name));
  const [signal = ''] = commandWords(steps.findLast(({ verb }) => verb === 'STOPSIGNAL')?.args ?? '');
  return [
    ...kept.flatMap((name) => setting(name, labels[name] ?? '')).map((label) => `LABEL ${label}`),
    ...volumeLine(view),
    ...(SIGNAL.test(signal) ? [`STOPSIGNAL ${signal}`] : []),
  ];
}

/**
 * Returns the VOLUME of the image's own steps. Its folders are in the config: the history joins them by spaces, which they
 * may also contain.
 */
function volumeLine(view: ImageView): readonly string[] {
  const own = new Set(ownSteps(view).filter(({ verb }) => verb === 'VOLUME'));
  const ofBase = view.steps.filter((step) => step.verb === 'VOLUME' && !own.has(step));
  const isOwn = (path: string): boolean => FOLDER.test(path) && !ofBase.some(({ args }) => names(args, path));
  const folders = own.size > 0 ? view.image.config.volumes.filter(isOwn) : [];
  if (folders.length === 0) return [];
  return [
    `VOLUME ${folders.every((path) => PLAIN_FOLDER.test(path)) ? folders.join(' ') : jsonWords(folders.map(escaped))}`,
  ];
}

/** Whether the arguments of a VOLUME name a folder. */
function names(args: string, path: string): boolean {
  return commandWords(args).includes(path) || (path.includes(' ') && args.includes(path));
}

function escaped(path: string): string {
  return path.replace(READ_OTHERWISE, '\\$&');
}
