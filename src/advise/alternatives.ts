import data from '../../config/base-alternatives.json' with { type: 'json' };
import type { ImageVerdict, Runtime, Variant } from '../classify/verdict.ts';
import { groupBy } from '../common/group-by.ts';
import type { ByteRange } from '../policy/finding.ts';

/** A base image that another could stand on instead. */
export interface BaseAlternative {
  readonly reference: string;
  /** `none`: a distribution alone, for programs that bring all they need. */
  readonly runtime: Runtime;
  /** Of the runtime, or of the distribution where the runtime is none. */
  readonly version: string;
  readonly variant: Variant;
  readonly distro: string;
  /** Pull size. */
  readonly compressedBytes: number;
  /** Read from a registry; otherwise an estimate with its source beside it in config/base-alternatives.json. */
  readonly measured: boolean;
}

/** What advice knows of bases, by runtime and release line: it is asked dozens of times an image. */
export class Knowledge {
  readonly #byRuntime: ReadonlyMap<Runtime, readonly BaseAlternative[]>;
  readonly #byRelease: ReadonlyMap<string, readonly BaseAlternative[]>;
  readonly #newestDistributions: readonly BaseAlternative[];

  constructor(alternatives: readonly BaseAlternative[]) {
    this.#byRuntime = groupBy(alternatives, ({ runtime }) => runtime);
    this.#byRelease = groupBy(alternatives, ({ runtime, version }) => lineOf(runtime, version));
    this.#newestDistributions = newestOf(this.of('none'));
  }

  of(runtime: Runtime): readonly BaseAlternative[] {
    return this.#byRuntime.get(runtime) ?? [];
  }

  /**
   * The best alternative of some variants to an image's base: of the runtime's release if there is one, else the smallest.
   * Without a runtime it is of the same release of the same distribution, or there is none.
   */
  alternativeTo(
    { runtime, distro }: Pick<ImageVerdict, 'runtime' | 'distro'>,
    variants: readonly Variant[],
  ): BaseAlternative | undefined {
    const { name, version } = runtime?.value ?? { name: 'none' };
    if (name !== 'none') return smallest(this.#release(name, version), variants) ?? smallest(this.of(name), variants);
    // Tags name Debian 12 by its updates, too: `debian:12.5`.
    for (const release of [distro?.value.version, distro?.value.version?.split('.', 1)[0]]) {
      const same = this.#release('none', release).filter((base) => base.distro === distro?.value.id);
      const least = smallest(same, variants);
      if (least) return least;
    }
    return undefined;
  }

  /** For programs that run on any: the newest release of each, for older ones are smaller, and get no fixes any more. */
  smallestDistribution(variants: readonly Variant[]): BaseAlternative | undefined {
    return smallest(this.#newestDistributions, variants);
  }

  #release(runtime: Runtime, version: string | undefined): readonly BaseAlternative[] {
    return (version === undefined ? undefined : this.#byRelease.get(lineOf(runtime, version))) ?? [];
  }
}

/** Of each distribution's variants the newest release. */
function newestOf(alternatives: readonly BaseAlternative[]): readonly BaseAlternative[] {
  const groups = groupBy(alternatives, ({ distro, variant }) => `${distro} ${variant}`);
  return [...groups.values()].map((releases) =>
    releases.reduce((newest, release) => (isNewer(release.version, newest.version) ? release : newest)),
  );
}

/** Whether a version is later than another: 3.24 than 3.6. */
export function isNewer(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) > 0;
}

function lineOf(runtime: Runtime, version: string): string {
  return `${runtime} ${releaseOf(runtime, version)}`;
}

/** Alternatives from an audit's own catalogue first: they hide the defaults of the same runtime, release and variant. */
export function knowledgeOf(alternatives: readonly BaseAlternative[]): Knowledge {
  const own = new Set(alternatives.map(kindOf));
  return new Knowledge([...alternatives, ...DEFAULT_ALTERNATIVES.filter((known) => !own.has(kindOf(known)))]);
}

function kindOf({ runtime, version, variant, distro }: BaseAlternative): string {
  return `${lineOf(runtime, version)} ${variant} ${distro}`;
}

/** Public bases with the sizes that config/base-alternatives.json records. */
const DEFAULT_ALTERNATIVES: readonly BaseAlternative[] = data.alternatives as unknown as readonly BaseAlternative[];

/** Runtimes whose releases are numbered by their first part alone; the others count two. */
const ONE_PART: readonly Runtime[] = ['node', 'java', 'dotnet', 'rust', 'deno', 'bun', 'erlang'];

/** The release line of a version: `22` of Node.js 22.23.2, `3.12` of Python 3.12.4, `8` of Java 8u402. */
export function releaseOf(runtime: Runtime, version: string): string {
  if (ONE_PART.includes(runtime)) return /^\d+/.exec(version)?.[0] ?? version;
  return version.split('.', 2).join('.');
}

/** What an alternative may weigh where its release is not the image's, or nobody measured it. */
const UNSURE = 0.15;

function smallest(alternatives: readonly BaseAlternative[], variants: readonly Variant[]): BaseAlternative | undefined {
  let least: BaseAlternative | undefined;
  for (const alternative of alternatives) {
    if (!variants.includes(alternative.variant)) continue;
    if (!least || alternative.compressedBytes < least.compressedBytes) least = alternative;
  }
  return least;
}

/** What the alternative will weigh: exact where it was measured and is of the image's release. */
export function sizeOf(alternative: BaseAlternative, version: string | undefined): ByteRange {
  const { compressedBytes: bytes } = alternative;
  const spread = isExact(alternative, version) ? 0 : UNSURE;
  return { min: Math.round(bytes * (1 - spread)), max: Math.round(bytes * (1 + spread)) };
}

/** Measured, and of the image's own release. A distribution alone hardly changes size between releases. */
export function isExact({ runtime, version, measured }: BaseAlternative, wanted: string | undefined): boolean {
  if (!measured) return false;
  return runtime === 'none' || (wanted !== undefined && releaseOf(runtime, version) === releaseOf(runtime, wanted));
}
