import type { ImageVerdict } from '../../src/classify/verdict.ts';

/** What a verdict says, as a table writes it: `debian 12`, `node 22.1.0`; of an unknown base, the reason. */
export function told({ base, distro, runtime }: ImageVerdict): {
  readonly base: readonly string[];
  readonly distro: string | undefined;
  readonly runtime: string | undefined;
} {
  return {
    base: base.confidence === 'unknown' ? [base.reason] : base.references,
    distro: distro && `${distro.value.id} ${distro.value.version ?? ''}`.trim(),
    runtime: runtime && `${runtime.value.name} ${runtime.value.version ?? ''}`.trim(),
  };
}
