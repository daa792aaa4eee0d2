import { absolutePath } from '../../policy/paths.ts';
import type { PlacedCommand } from '../../policy/shell.ts';
import type { DockerfileFacts } from './facts.ts';

/** Folders of nginx's settings, logs, caches and pages. */
const OF_NGINX = /^\/(?:etc\/nginx|var\/log\/nginx|var\/cache\/nginx|var\/www|usr\/share\/nginx|dev)\/[\w./*-]+$/;

/** Returns a command that only makes, removes or links files of nginx, with absolute paths; undefined for all others. */
export function settingOf({ program, words, folder }: PlacedCommand<string>): string | undefined {
  if (!/^(?:rm|ln|mkdir)$/.test(program)) return undefined;
  // A link's relative path is one from the link's folder, and a word behind an option of mkdir may be a mode.
  const all =
    program === 'rm' ? words.map((word) => (word.startsWith('-') ? word : absolutePath(word, folder))) : words;
  return all.every((word) => /^-[a-z]+$/.test(word) || OF_NGINX.test(word)) ? [program, ...all].join(' ') : undefined;
}

/** Returns the step that does so as the image's own steps do: its default site, its logs. */
export function settingSteps({ commands }: DockerfileFacts): readonly string[] {
  const steps = commands.flatMap((command) => settingOf(command) ?? []);
  return steps.length > 0 ? [`RUN ${[...new Set(steps)].join(' && ')}`] : [];
}
