import { CONDA, installsByConda } from '../installs.ts';
import { removes, runs } from '../shell.ts';
import type { PackageCache } from './package-cache.ts';

export const condaCache: PackageCache = {
  id: 'conda-cache',
  areas: ['conda-cache'],
  title: 'The archives of packages that conda downloads stay in a layer',
  remedy: 'end the same RUN with "conda clean --all --yes" (mamba and micromamba have the same command)',
  programs: CONDA,
  fills: installsByConda,
  avoids: (command) => runs(command, CONDA, ['clean']) || removes(command, 'pkgs'),
  // An archive is as large as its files are in the layer, to which the environment has hard links; indexes come on top.
  largestShare: 0.6,
};
