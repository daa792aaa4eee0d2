import { copiesFiles, withoutOptions } from '../../classify/history/instruction.ts';
import { rememberOf } from '../../common/remember.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import { absolutePath, isWithin } from '../paths.ts';
import { type Command, hasOption, isRemoval, removes, runs, valuesOf } from '../shell.ts';
import { isRemovedAbove } from './deleted-files.ts';
import type { PackageCache } from './package-cache-rule.ts';

const PIP = ['pip', 'poetry', 'pipenv', 'uv'];
const PYTHON = ['python'];
/** A list that no build mounts. */
const IN_IMAGE_OR_WEB = /^(?:https?:|\/(?:usr|opt|etc)\/)/;
/** The usual folder, and variables that name others: `rm -rf $POETRY_CACHE_DIR`. */
const CACHE_FOLDERS = ['.cache', 'PIP_CACHE_DIR', 'POETRY_CACHE_DIR', 'UV_CACHE_DIR'];

export const pipCache: PackageCache = {
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
  leftovers: { of: (view) => layersOfWheels(view), remedy: 'mount the wheels, too, instead of copying them' },
  avoids: (command) =>
    // What comes from a folder is not kept once more.
    (installs(command) && hasOption(command, '--no-cache-dir', '--no-cache', '--no-index')) ||
    runs(command, [...PIP, ...PYTHON], ['purge', 'clean', 'clear']) ||
    CACHE_FOLDERS.some((folder) => removes(command, folder)),
  switchesOff: (command) =>
    runs(command, PIP, ['config']) && /no-cache-dir (?:true|1|yes)/.test(command.words.join(' ')),
  // UV_LINK_MODE=copy is for a cache that is mounted, out of which uv cannot link; links to a cache in the layer cost
  // nothing, or break without it. @see docs.astral.sh/uv, "Using uv in Docker"
  switchedOffBy: ['PIP_NO_CACHE_DIR', 'UV_NO_CACHE', 'UV_LINK_MODE'],
  largestShare: 0.6,
};

function installs(command: Command): boolean {
  const isModule = PYTHON.includes(command.program) && ['pip', 'install'].every((word) => command.words.includes(word));
  return isModule || runs(command, PIP, ['install', 'sync']);
}

/** The most copies of wheels that are looked at; only hostile images have more. */
const MAX_COPIES = 10;

/** Returns the layers with wheels that a later step installs and leaves: rule deleted-files finds removals. */
const layersOfWheels = rememberOf((view: ImageView): ReadonlySet<LayerView> => {
  const copies = view.own.flatMap((layer) => {
    const words = copiesFiles(layer.verb) ? withoutOptions(layer.args).split(/\s+/) : [];
    const target = absolutePath(words.at(-1) ?? '', layer.folder ?? '/');
    return words.some((word) => WHEELS.test(word)) ? [{ layer, target }] : [];
  });
  const steps = copies.length === 0 ? [] : view.own.filter(({ verb }) => verb === 'RUN').map(installOf);
  const left = copies.slice(0, MAX_COPIES).filter(({ layer, target }) => {
    const later = steps.filter(({ position }) => position > layer.position);
    return (
      later.some(({ paths }) => paths.some((path) => isWithin(path, target))) &&
      !isRemovedAbove(layer, target, view) &&
      !later.some(({ removals }) => removals.some((command) => removes(command, target)))
    );
  });
  return new Set(left.map(({ layer }) => layer));
});

const WHEELS = /\bwheels?\b|\.whl\b/;

/** Returns the absolute paths from which a step installs wheels, and its commands that may remove some. */
function installOf({ position, commands, folder }: LayerView) {
  const paths = commands.flatMap(wheelsOf).map((path) => absolutePath(path, folder ?? '/'));
  return { position, paths, removals: commands.filter(isRemoval) };
}

/** Returns the paths from which a command installs wheels: `/wheels/*`, `app.whl`, `--find-links=/wheels`. */
function wheelsOf(command: Command): readonly string[] {
  if (!installs(command)) return [];
  const named = command.words.filter((word) => /\/\*$|\.whl$/.test(word));
  return [...named, ...valuesOf(command, '--find-links', '-f')];
}
