import { copiesFiles } from '../../classify/history/instruction.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import { absolutePath, isWithin } from '../paths.ts';
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
  isLeftover: copiesWheels,
  avoids: (command) =>
    (installs(command) && hasOption(command, '--no-cache-dir', '--no-cache')) ||
    runs(command, [...PIP, ...PYTHON], ['purge', 'clean', 'clear']) ||
    (runs(command, PIP, ['config']) && /no-cache-dir (?:true|1|yes)/.test(command.words.join(' '))) ||
    CACHE_FOLDERS.some((folder) => removes(command, folder)),
  // UV_LINK_MODE=copy is for a cache that is mounted, out of which uv cannot link; links to a cache in the layer cost
  // nothing, or break without it. @see docs.astral.sh/uv, "Using uv in Docker"
  switchedOffBy: ['PIP_NO_CACHE_DIR', 'UV_NO_CACHE', 'UV_LINK_MODE'],
  largestShare: 0.6,
});

function installs(command: Command): boolean {
  const isModule = PYTHON.includes(command.program) && ['pip', 'install'].every((word) => command.words.includes(word));
  return isModule || runs(command, PIP, ['install', 'sync']);
}

/** Reports whether a layer holds wheels, which a later step installs and leaves: rule deleted-files finds removals. */
function copiesWheels({ position, verb, args, folder }: LayerView, { own }: ImageView): boolean {
  if (!copiesFiles(verb) || !/\bwheels?\b|\.whl\b/.test(args)) return false;
  const target = absolutePath(args.trim().split(/\s+/).at(-1) ?? '', folder ?? '/');
  return own.some((layer) => {
    const isInstalled = layer.commands.some((command) =>
      wheelsOf(command).some((path) => isWithin(absolutePath(path, layer.folder ?? '/'), target)),
    );
    return layer.position > position && isInstalled && !layer.commands.some((command) => removes(command, target));
  });
}

/** Returns the paths from which a command installs wheels: `/wheels/*`, `app.whl`, `--find-links=/wheels`. */
function wheelsOf(command: Command): readonly string[] {
  if (!installs(command)) return [];
  const named = command.words.filter((word) => /\/\*$|\.whl$/.test(word));
  return [...named, ...valuesOf(command, '--find-links', '-f')];
}
