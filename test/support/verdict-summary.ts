import { expect, test } from 'vitest';
import { classifyImage } from '../../src/classify/classify-image.ts';
import type { ImageVerdict } from '../../src/classify/verdict.ts';
import { type ListedImage, listedImage } from './listed-image.ts';

/**
 * A verdict's base, distribution and runtime as test tables write them: `debian 12`, `node 22.1.0`; for an unknown
 * base, the reason.
 */
export function summaryOf({ base, distro, runtime }: ImageVerdict): {
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

/** An image with the expected values of the fields that matter in it. */
export interface ExpectedImage extends ListedImage {
  readonly is: string;
  readonly expected: Partial<Omit<ReturnType<typeof summaryFields>, 'base'>> & {
    /** One of the base's names, or the reason why it is unknown. */
    readonly base?: string;
  };
}

/** All fields that a test table may name. */
function summaryFields(verdict: ImageVerdict) {
  return {
    ...summaryOf(verdict),
    layerCount: verdict.base.layerCount,
    variant: verdict.variant?.value,
    multiStage: verdict.multiStage.value,
    framework: verdict.framework?.value,
    buildTool: verdict.buildTool?.value,
  };
}

/** Tests what is expected of each image. @param title of a test, such as `$is` */
export function testVerdicts(title: string, cases: readonly ExpectedImage[]): void {
  test.each(cases)(title, ({ expected: { base, ...others }, ...image }) => {
    const fields = summaryFields(classifyImage(listedImage(image)));
    if (base !== undefined) expect(fields.base).toContain(base);
    expect(fields).toMatchObject(others);
  });
}
