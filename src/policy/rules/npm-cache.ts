import { removes, runs, setsOption } from '../shell.ts';
import { INSTALL_PROJECT, installsList } from './dev-dependencies.ts';
import { packageCacheRule } from './package-cache.ts';

export const npmCache = packageCacheRule({
  id: 'npm-cache',
  areas: ['npm-cache'],
  title: "npm's cache of tarballs stays in a layer",
  remedy: 'mount a cache on /root/.npm, or end the same RUN with "npm cache clean --force"',
  programs: ['npm'],
  fills: (command) => runs(command, ['npm'], [...INSTALL_PROJECT, 'add']),
  readsList: installsList,
  // Whoever sets a cache folder is assumed to remove it, or to mount it.
  avoids: (command) =>
    runs(command, ['npm'], ['clean']) ||
    removes(command, '.npm') ||
    (command.program === 'npm' && setsOption(command, '--cache')),
  largestShare: 0.6,
});
