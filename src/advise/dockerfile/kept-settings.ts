import { assignments, commandWords } from '../../classify/history/instruction.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import { setting } from './environment.ts';

/** `SIGQUIT`, `SIGRTMIN+3`, `9`, or a folder. */
const PLAIN_WORD = /^(?:[A-Z][A-Z0-9]+(?:\+\d+)?|\d{1,2}|\/[\w./-]+)$/;
/** Labels that are true of one build alone, or of the base that it had. */
const OF_ONE_BUILD =
  /(?:^|[._-])(?:base|branch|build\w*|ci|commit\w*|created|date|digest|git\w*|job\w*|pipeline\w*|ref|revision|sha\d*|tag|timestamp|vcs|version)(?:$|[._-])/i;

/** Returns LABEL, VOLUME and STOPSIGNAL as the image's own steps set them, without labels that each build sets anew. */
export function keptSettings(view: ImageView): readonly string[] {
  const steps = ownSteps(view);
  const { labels } = view.image.config;
  const names = steps.flatMap(({ verb, args }) => (verb === 'LABEL' ? assignments(args) : [])).map(([name]) => name);
  const kept = [...new Set(names)].filter((name) => Object.hasOwn(labels, name) && !OF_ONE_BUILD.test(name));
  const lines = kept.flatMap((name) => setting(name, labels[name] ?? '')).map((label) => `LABEL ${label}`);
  const stopSignal = steps.findLast(({ verb }) => verb === 'STOPSIGNAL');
  const others = steps.flatMap((step) => {
    const { verb, args } = step;
    const words = step === stopSignal || verb === 'VOLUME' ? commandWords(args) : [];
    return words.length > 0 && words.every((word) => PLAIN_WORD.test(word)) ? [`${verb} ${words.join(' ')}`] : [];
  });
  return [...lines, ...new Set(others)];
}
