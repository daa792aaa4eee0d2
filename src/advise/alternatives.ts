import data from '../../config/base-alternatives.json' with { type: 'json' };
import { type ImageVerdict, type Runtime, runtimeOf, type Variant } from '../classify/verdict.ts';
import { groupBy } from '../common/group-by.ts';
import type { ByteRange } from '../measure/byte-range.ts';
import { isNewer, releaseOf } from './releases.ts';

/** A base image that an image could be built on instead of its present base. */
export interface BaseAlternative {
  readonly reference: string;
  /** `none` for a bare distribution, which suits programs that need no runtime. */
  readonly runtime: Runtime;
  /** The runtime's version, or the distribution's if the runtime is `none`. */
  readonly version: string;
  readonly variant: Variant;
  readonly distro: string;
  /** Pull size in bytes. */
  readonly compressedBytes: number;
  /** Whether the size was read from a registry; if not, it is an estimate from config/base-alternatives.json. */
  readonly measured: boolean;
}

/** The known base images, indexed by runtime and release line: advice looks bases up dozens of times per image. */
export class Knowledge {
  readonly #byRuntime: ReadonlyMap<Runtime, readonly BaseAlternative[]>;
  readonly #byRelease: ReadonlyMap<string, readonly BaseAlternative[]>;
  readonly #newestDistributions: readonly BaseAlternative[];

  constructor(alternatives: readonly BaseAlternative[]) {
    this.#byRuntime = groupBy(alternatives, ({ runtime }) => runtime);
    this.#byRelease = groupBy(alternatives, ({ runtime, version }) => lineOf(runtime, version));
    this.#newestDistributions = newestOf(this.ofRuntime('none'));
  }

  /** Returns every known base of a runtime; for `none`, the bare distributions. */
  ofRuntime(runtime: Runtime): readonly BaseAlternative[] {
    return this.#byRuntime.get(runtime) ?? [];
  }

  /**
   * Returns the smallest base of the given variants that could replace an image's base. Bases of the image's own
   * runtime release come first, then any release of the runtime. Without a runtime, only the same release of the same
   * distribution will do. All known bases are for Linux, so none replaces one of Windows.
   */
  alternativeTo(
    verdict: Pick<ImageVerdict, 'runtime' | 'distro'>,
    variants: readonly Variant[],
  ): BaseAlternative | undefined {
    const distro = verdict.distro?.value;
    if (distro?.id === 'windows') return undefined;
    const { name, version } = runtimeOf(verdict);
    if (name !== 'none')
      return smallest(this.#release(name, version), variants) ?? smallest(this.ofRuntime(name), variants);
    // Debian 12 is also tagged by its point releases, such as `debian:12.5`, so the major version is tried as well.
    for (const release of [distro?.version, distro?.version?.split('.', 1)[0]]) {
      const same = this.#release('none', release).filter((base) => base.distro === distro?.id);
      const least = smallest(same, variants);
      if (least) return least;
    }
    return undefined;
  }

  /**
   * Returns the smallest bare distribution of the given variants, for programs that run on any. Only the newest release
   * of each is considered: older ones are smaller, but no longer get fixes.
   */
  smallestDistribution(variants: readonly Variant[]): BaseAlternative | undefined {
    return smallest(this.#newestDistributions, variants);
  }

  #release(runtime: Runtime, version: string | undefined): readonly BaseAlternative[] {
    return (version === undefined ? undefined : this.#byRelease.get(lineOf(runtime, version))) ?? [];
  }
}

/** Returns the newest release of each variant of each distribution. */
function newestOf(alternatives: readonly BaseAlternative[]): readonly BaseAlternative[] {
  const groups = groupBy(alternatives, ({ distro, variant }) => `${distro} ${variant}`);
  return [...groups.values()].map((releases) =>
    releases.reduce((newest, release) => (isNewer(release.version, newest.version) ? release : newest)),
  );
}

function lineOf(runtime: Runtime, version: string): string {
  return `${runtime} ${releaseOf(runtime, version)}`;
}

/**
 * Returns the known bases: the given ones, and those of config/base-alternatives.json.
 * @param alternatives bases of the audit's own catalogue; each replaces the default of the same runtime, release,
 *   variant and distribution
 */
export function knowledgeOf(alternatives: readonly BaseAlternative[]): Knowledge {
  const own = new Set(alternatives.map(kindOf));
  return new Knowledge([...alternatives, ...DEFAULT_ALTERNATIVES.filter((known) => !own.has(kindOf(known)))]);
}

/** What an alternative replaces, as a key: another of the same runtime, release, variant and distribution. */
export function kindOf({ runtime, version, variant, distro }: BaseAlternative): string {
  return `${lineOf(runtime, version)} ${variant} ${distro}`;
}

const DEFAULT_ALTERNATIVES: readonly BaseAlternative[] = data.alternatives as unknown as readonly BaseAlternative[];

/** The uncertainty, to each side, of the size of a base that is unmeasured or of another release than the image. */
const UNSURE = 0.15;

function smallest(alternatives: readonly BaseAlternative[], variants: readonly Variant[]): BaseAlternative | undefined {
  let least: BaseAlternative | undefined;
  for (const alternative of alternatives) {
    if (!variants.includes(alternative.variant)) continue;
    if (!least || alternative.compressedBytes < least.compressedBytes) least = alternative;
  }
  return least;
}

/** Returns the pull size in bytes of a base on the image's release: exact if {@link isExact}, else within 15 %. */
export function projectedSize(alternative: BaseAlternative, version: string | undefined): ByteRange {
  const { compressedBytes: bytes } = alternative;
  const spread = isExact(alternative, version) ? 0 : UNSURE;
  return { min: Math.round(bytes * (1 - spread)), max: Math.round(bytes * (1 + spread)) };
}

/**
 * Whether a base's size is exact for an image: it was measured, and on the image's own release. The size of a
 * bare distribution counts for every release, since it hardly changes between them.
 * @param wanted the version of the image's runtime
 */
export function isExact({ runtime, version, measured }: BaseAlternative, wanted: string | undefined): boolean {
  if (!measured) return false;
  return runtime === 'none' || (wanted !== undefined && releaseOf(runtime, version) === releaseOf(runtime, wanted));
}
