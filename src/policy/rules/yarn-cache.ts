import { removes, runs } from '../shell.ts';
import { installsList } from './dev-dependencies.ts';
import { packageCacheRule } from './package-cache.ts';

export const yarnCache = packageCacheRule({
  id: 'yarn-cache',
  areas: ['yarn-cache', 'pnpm-store'],
  title: 'The cache of yarn or the store of pnpm stays in a layer',
  remedy: 'mount a cache on the store, or end the same RUN with "yarn cache clean" or "pnpm store prune"',
  programs: ['yarn', 'pnpm'],
  fills: (command) =>
    runs(command, ['pnpm'], ['install', 'i', 'add', 'fetch']) ||
    runs(command, ['yarn'], ['install', 'add']) ||
    (command.program === 'yarn' && installsList(command)),
  readsList: installsList,
  avoids: (command) =>
    runs(command, ['yarn'], ['clean']) ||
    runs(command, ['pnpm'], ['prune']) ||
    removes(command, 'yarn') ||
    removes(command, '.cache'),
  largestShare: 0.6,
});
