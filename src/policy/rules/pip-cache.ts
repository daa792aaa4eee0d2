import { type Command, hasOption, removes, runs, valuesOf } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

const PIP = ['pip', 'poetry', 'pipenv', 'uv'];
const PYTHON = ['python'];
/** A list that no build mounts. */
const IN_IMAGE_OR_WEB = /^(?:https?:|\/(?:usr|opt|etc)\/)/;
/** The usual folder, and variables that name others: `rm -rf $POETRY_CACHE_DIR`. */
const CACHE_FOLDERS = ['.cache', 'PIP_CACHE_DIR', 'POETRY_CACHE_DIR', 'UV_CACHE_DIR'];

export const pipCache = packageCacheRule({
  id: 'pip-cache',
  areas: ['pip-cache'],
  title: "pip's cache of wheels and downloads stays in a layer",
  remedy: 'use "pip install --no-cache-dir" ("uv sync --no-cache"), or mount a cache on /root/.cache',
  programs: [...PIP, ...PYTHON],
  fills: installs,
  readsList: (command) =>
    valuesOf(command, '-r', '--requirement').some((list) => !IN_IMAGE_OR_WEB.test(list)) ||
    runs(command, ['uv'], ['sync']) ||
    runs(command, ['poetry'], ['install']),
  avoids: (command) =>
    (installs(command) && hasOption(command, '--no-cache-dir', '--no-cache')) ||
    runs(command, [...PIP, ...PYTHON], ['purge', 'clean', 'clear']) ||
    (runs(command, PIP, ['config']) && /no-cache-dir (?:true|1|yes)/.test(command.words.join(' '))) ||
    CACHE_FOLDERS.some((folder) => removes(command, folder)),
  // UV_LINK_MODE=copy is for a cache that is mounted, out of which uv cannot link. @see docs.astral.sh/uv, "Using uv in Docker"
  switchedOffBy: ['PIP_NO_CACHE_DIR', 'UV_NO_CACHE', 'UV_LINK_MODE'],
  largestShare: 0.6,
});

function installs(command: Command): boolean {
  const isModule = PYTHON.includes(command.program) && ['pip', 'install'].every((word) => command.words.includes(word));
  return isModule || runs(command, PIP, ['install', 'sync']);
}
