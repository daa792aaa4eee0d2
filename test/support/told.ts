import type { ImageVerdict } from '../../src/classify/verdict.ts';
import type { ListedImage } from './listed-image.ts';

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

/** An image, and of every field that matters in it what must be told. */
export interface ToldImage extends ListedImage {
  readonly is: string;
  readonly told: Partial<Omit<ReturnType<typeof toldFields>, 'base'>> & {
    /** One of the names, or the reason of an unknown base. */
    readonly base?: string;
  };
}

/** Every field that a table may name. */
export function toldFields(verdict: ImageVerdict) {
  return {
    ...told(verdict),
    variant: verdict.variant?.value,
    multiStage: verdict.multiStage.value,
    framework: verdict.framework?.value,
    buildTool: verdict.buildTool?.value,
  };
}
