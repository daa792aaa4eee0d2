import type { DockerfileFacts } from './facts.ts';

/** Folders of nginx's settings, logs and pages. */
const OF_NGINX = /^\/(?:etc\/nginx|var\/log\/nginx|var\/www|usr\/share\/nginx|dev)\/[\w./*-]+$/;

/** Returns the step that removes and links files of nginx, as the image's own steps do: its default site, its logs. */
export function settingSteps({ commands }: DockerfileFacts): readonly string[] {
  const steps = commands
    .filter(({ program }) => program === 'rm' || program === 'ln')
    .filter(({ words }) => words.every((word) => /^-[a-z]+$/.test(word) || OF_NGINX.test(word)))
    .map(({ program, words }) => [program, ...words].join(' '));
  return steps.length > 0 ? [`RUN ${[...new Set(steps)].join(' && ')}`] : [];
}
