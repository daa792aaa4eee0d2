import type { ImageConfig } from '../oci/image-config.ts';
import { BASE_NAME } from '../oci/manifest.ts';
import { isWindows } from '../oci/platform.ts';
import { findBase } from './base-image/find-base.ts';
import { findBuildTool } from './build-tool.ts';
import { layersBefore, readContext } from './context.ts';
import { findDistro } from './distro.ts';
import { distroOfReference } from './distro-reference.ts';
import { findFramework } from './framework.ts';
import { officialOf } from './history/stack.ts';
import { classifyLayers } from './layers.ts';
import { findMultiStage } from './multi-stage.ts';
import { findOwnLabels } from './own-labels.ts';
import { findRuntime } from './runtime.ts';
import { findRuntimeLayers } from './runtime-layers.ts';
import { findVariant } from './variant.ts';
import {
  type BaseVerdict,
  baseNamesOf,
  type ClassifierInput,
  type DistroVerdict,
  type ImageVerdict,
  signalOf,
} from './verdict.ts';

/** Raise it when verdicts change: those stored under an older version are then computed again, from stored content. */
export const CLASSIFIER_VERSION = 19;

/**
 * Determines what an image is built on and what it runs, from its manifest, config, provenance and the known images
 * whose layers it starts with. Pure: same input, same verdict. Facts that cannot be determined are left out, or
 * `unknown` with a reason.
 */
export function classifyImage(input: ClassifierInput): ImageVerdict {
  const context = readContext(input);
  const knownNames = namesOfKnownBases(input);
  const names = [...knownNames, ...annotatedNames(input)];
  const firstDistro = findDistro(context, names);
  const { verdict: base, signals } = findBase(context, firstDistro?.value);
  const baseNames = baseNamesOf(base);
  const distro = canRefineDistro(base, firstDistro) ? findDistro(context, [...baseNames, ...names]) : firstDistro;
  const runtime = findRuntime(context, knownNames.length === 0 ? baseNames : [...baseNames, ...knownNames]);
  const framework = findFramework(context);
  const buildTool = findBuildTool(context);
  const { itself } = context.stack;
  return {
    base,
    distro,
    runtime,
    framework,
    variant: findVariant(context, base, distro, runtime),
    runtimeLayers: findRuntimeLayers(context, runtime),
    isPublished: itself !== undefined,
    buildTool,
    multiStage: findMultiStage(context, base),
    runsAsRoot: runsAsRoot(input.config),
    ownLabels: findOwnLabels(context),
    layers: classifyLayers(context, base.layerCount ?? layersBefore(context, context.stack.ownStart)),
    signals: signals.concat(
      signalOf('distro', distro),
      signalOf('runtime', runtime),
      signalOf('framework', framework),
      signalOf('buildTool', buildTool),
      signalOf(
        'published',
        itself && { evidence: `history:${officialOf(itself)?.repository ?? 'library/buildpack-deps'}` },
      ),
    ),
  };
}

/** Whether the base's names give a distribution where none was found, or a version where only the distribution was. */
function canRefineDistro(base: BaseVerdict, distro: DistroVerdict | undefined): boolean {
  if (base.confidence === 'unknown' || distro?.value.version !== undefined) return false;
  const named = base.references.map(distroOfReference);
  return named.some((found) => found !== undefined && (!distro || found.version !== undefined));
}

/** Names, which may contain a distribution, of the known images beneath this one and of this one; most layers first. */
function namesOfKnownBases({ bases }: ClassifierInput): readonly string[] {
  return bases.toSorted((one, other) => other.layerCount - one.layerCount).flatMap((base) => base.references);
}

function annotatedNames({ manifest, indexAnnotations }: ClassifierInput): readonly string[] {
  const names = [manifest.annotations[BASE_NAME], indexAnnotations?.[BASE_NAME]];
  return names.filter((name) => name !== undefined);
}

/**
 * Whether an image runs as uid 0, by the user part of its USER. Undefined on Windows, and for a name other than root,
 * which may map to any uid.
 */
function runsAsRoot(config: Pick<ImageConfig, 'os' | 'user'>): boolean | undefined {
  if (isWindows(config)) return undefined;
  const name = config.user.split(':', 1)[0]?.trim() ?? '';
  if (name === '' || name === 'root') return true;
  return /^\d+$/.test(name) ? Number(name) === 0 : undefined;
}
