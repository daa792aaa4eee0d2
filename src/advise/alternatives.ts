import data from '../../config/base-alternatives.json' with { type: 'json' };
import type { ImageVerdict, Runtime, Variant } from '../classify/verdict.ts';
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

/**
 * A base image that was classified, as an alternative to others.
 * @param compressedBytes its pull size, from its manifest
 * @returns undefined where nobody can say which runtime's or distribution's variant it is
 */
export function alternativeOf(
  reference: string,
  { runtime, variant, distro }: Pick<ImageVerdict, 'runtime' | 'variant' | 'distro'>,
  compressedBytes: number,
): BaseAlternative | undefined {
  const version = runtime?.value.version ?? distro?.value.version;
  if (!variant || version === undefined) return undefined;
  return {
    reference,
    runtime: runtime?.value.name ?? 'none',
    version,
    variant: variant.value,
    distro: distro?.value.id ?? '',
    compressedBytes,
    measured: true,
  };
}

/** What advice knows of bases: by runtime, for it is asked once an image. */
export type Knowledge = ReadonlyMap<Runtime, readonly BaseAlternative[]>;

/** Alternatives from an audit's own catalogue first: they hide the defaults of the same runtime, release and variant. */
export function knowledgeOf(alternatives: readonly BaseAlternative[]): Knowledge {
  const own = new Set(alternatives.map(kindOf));
  const all = [...alternatives, ...DEFAULT_ALTERNATIVES.filter((alternative) => !own.has(kindOf(alternative)))];
  const byRuntime = new Map<Runtime, BaseAlternative[]>();
  for (const alternative of all) {
    const known = byRuntime.get(alternative.runtime);
    if (known) known.push(alternative);
    else byRuntime.set(alternative.runtime, [alternative]);
  }
  return byRuntime;
}

function kindOf({ runtime, version, variant, distro }: BaseAlternative): string {
  return `${runtime} ${releaseOf(runtime, version)} ${variant} ${distro}`;
}

/** Public bases with the sizes that config/base-alternatives.json records. */
const DEFAULT_ALTERNATIVES: readonly BaseAlternative[] = data.alternatives as unknown as readonly BaseAlternative[];

/** Runtimes whose releases are numbered by their first part alone; the others count two. */
const ONE_PART: readonly Runtime[] = ['node', 'java', 'dotnet', 'rust', 'deno', 'bun', 'erlang'];

/** The release line of a version: `22` of Node.js 22.23.2, `3.12` of Python 3.12.4. */
export function releaseOf(runtime: Runtime, version: string): string {
  return version.split('.', ONE_PART.includes(runtime) ? 1 : 2).join('.');
}

/** What an alternative may weigh where its release is not the image's, or nobody measured it. */
const UNSURE = 0.15;

/**
 * The best alternative of some variants: of the image's release if there is one, else the smallest.
 * @param version of the image's runtime; undefined takes any
 */
export function chooseAlternative(
  knowledge: Knowledge,
  runtime: Runtime,
  version: string | undefined,
  variants: readonly Variant[],
): BaseAlternative | undefined {
  const fitting = (knowledge.get(runtime) ?? []).filter(({ variant }) => variants.includes(variant));
  const release = version === undefined ? undefined : releaseOf(runtime, version);
  const same = fitting.filter((alternative) => releaseOf(runtime, alternative.version) === release);
  return smallest(same.length > 0 ? same : fitting);
}

function smallest(alternatives: readonly BaseAlternative[]): BaseAlternative | undefined {
  let least: BaseAlternative | undefined;
  for (const alternative of alternatives) {
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
