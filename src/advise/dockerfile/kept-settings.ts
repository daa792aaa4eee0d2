import { assignments, commandWords } from '../../classify/history/instruction.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import { PLAIN_PATH } from './copies.ts';
import { setting } from './environment.ts';

/** `SIGQUIT`, `SIGRTMIN+3`, `9`. */
const SIGNAL = /^(?:[A-Z][A-Z0-9]+(?:\+\d+)?|\d{1,2})$/;
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

/** Returns the VOLUME of the image's own steps, with those folders of the config that steps of its base do not name. */
function volumeLine(view: ImageView): readonly string[] {
  const own = new Set(ownSteps(view).filter(({ verb }) => verb === 'VOLUME'));
  if (own.size === 0) return [];
  const ofBase = view.steps.filter((step) => step.verb === 'VOLUME' && !own.has(step));
  const named = new Set(ofBase.flatMap(({ args }) => commandWords(args)));
  const folders = view.image.config.volumes.filter((path) => PLAIN_PATH.test(path) && !named.has(path));
  return folders.length > 0 ? [`VOLUME ${folders.join(' ')}`] : [];
}
