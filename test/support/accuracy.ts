import { normaliseReference } from '../../src/classify/base-image/references.ts';
import { classifyImage } from '../../src/classify/classify-image.ts';
import type { ImageVerdict } from '../../src/classify/verdict.ts';
import { basesOf, type LabelledImage } from './corpus.ts';

/**
 * How an answer of the classifier compares with the truth. `silent`: no answer where one was expected;
 * `silent-rightly`: no answer, which is correct; `unjudged`: the truth is not known.
 */
export type Outcome = 'right' | 'wrong' | 'silent' | 'silent-rightly' | 'unjudged';

/** The outcome for one field of one image. */
export interface Judgement {
  readonly image: string;
  readonly field: string;
  /** The evidence of the answer: `layer-chain`, `history`, `env`, … */
  readonly signal: string;
  readonly outcome: Outcome;
  readonly expected: string;
  readonly actual: string;
}

/** Counts of outcomes, and the two shares made of them. */
export interface Score {
  readonly right: number;
  readonly wrong: number;
  readonly silent: number;
  /** The share of answers that are right, 0 to 1; 1 when there are no answers. */
  readonly precision: number;
  /** The share of right answers among fields whose truth is known and visible in the metadata, 0 to 1. */
  readonly recall: number;
}

/** Classifies all images and compares the answers with the truth; bases come from the other images of the corpus. */
export function judgeCorpus(images: readonly LabelledImage[], withCatalogue: boolean): readonly Judgement[] {
  return images.flatMap((image) => {
    const bases = withCatalogue ? basesOf(image, images) : [];
    const verdict = classifyImage({ ...image.input, bases });
    return [
      judgeDistro(image, verdict),
      judgeRuntime(image, verdict),
      judgeBase(image, verdict, bases),
      judgeStages(image, verdict),
    ];
  });
}

function judgement(
  image: LabelledImage,
  field: string,
  evidence: string,
  outcome: Outcome,
  expected: string,
  actual: string,
): Judgement {
  return { image: image.name, field, signal: evidence.split(':')[0] ?? '', outcome, expected, actual };
}

function judgeDistro(image: LabelledImage, { distro }: ImageVerdict): Judgement {
  const { truth } = image;
  const expected = truth.distro === undefined ? '?' : `${truth.distro ?? 'none'} ${truth.distroVersion ?? ''}`.trim();
  const actual = distro ? `${distro.value.id} ${distro.value.version ?? ''}`.trim() : 'unknown';
  const outcome = (): Outcome => {
    if (truth.distro === undefined) return 'unjudged';
    if (!distro) return truth.distro === null || truth.distroHidden ? 'silent-rightly' : 'silent';
    return distro.value.id === truth.distro && agrees(distro.value.version, truth.distroVersion) ? 'right' : 'wrong';
  };
  return judgement(image, 'distro', distro?.evidence ?? '', outcome(), expected, actual);
}

/** Whether two versions agree. Either may be the more exact one: the longer must begin with the shorter. */
function agrees(actual: string | undefined, expected: string | undefined): boolean {
  if (actual === undefined || expected === undefined) return true;
  return `${actual}.`.startsWith(`${expected}.`) || `${expected}.`.startsWith(`${actual}.`);
}

function judgeRuntime(image: LabelledImage, { runtime }: ImageVerdict): Judgement {
  const { truth } = image;
  const actual = runtime ? `${runtime.value.name} ${runtime.value.version ?? ''}`.trim() : 'unknown';
  const expected = `${truth.runtime ?? '?'} ${truth.runtimeVersion ?? ''}`.trim();
  const outcome = (): Outcome => {
    if (truth.runtime === undefined) return image.name.startsWith('official/') && runtime ? 'wrong' : 'unjudged';
    if (!runtime) return 'silent';
    return runtime.value.name === truth.runtime && agrees(runtime.value.version, truth.runtimeVersion)
      ? 'right'
      : 'wrong';
  };
  return judgement(image, 'runtime', runtime?.evidence ?? '', outcome(), expected, actual);
}

/** A proven base must have exactly the names in the catalogue; any other answer must contain the true name. */
function judgeBase(image: LabelledImage, { base }: ImageVerdict, bases: ReturnType<typeof basesOf>): Judgement {
  const expected = image.truth.baseImage;
  const actual = base.confidence === 'unknown' ? `unknown (${base.reason})` : base.references.join(';');
  const outcome = (): Outcome => {
    if (base.confidence === 'proven') return actual === longestNames(image, bases) ? 'right' : 'wrong';
    if (expected === undefined) return 'unjudged';
    if (base.confidence === 'unknown') return 'silent';
    return base.references.some((reference) => names(reference, expected)) ? 'right' : 'wrong';
  };
  const field = base.confidence === 'unknown' ? 'base' : `base ${base.confidence}`;
  return judgement(
    image,
    field,
    base.confidence === 'unknown' ? '' : base.evidence,
    outcome(),
    expected ?? '?',
    actual,
  );
}

function longestNames(image: LabelledImage, bases: ReturnType<typeof basesOf>): string {
  const beneath = bases.filter((base) => base.layerCount < image.input.manifest.layers.length);
  const longest = Math.max(...beneath.map((base) => base.layerCount));
  const names = beneath.filter((base) => base.layerCount === longest).flatMap((base) => base.references);
  return [...new Set(names)].sort().join(';');
}

/** Whether a reference names the true base. One without a tag may match any tag; `amd64/…` counts as `library/…`. */
function names(reference: string, truth: string): boolean {
  if (truth === 'scratch') return reference === 'scratch';
  const expected = normaliseReference(truth).replace(/^(?:amd64|arm32v\d|arm64v8|s390x|ppc64le|i386)\//, 'library/');
  return (
    reference === expected ||
    reference === expected.replace(/:[\w.-]+$/, '') ||
    expected === reference.replace(/:[\w.-]+$/, '')
  );
}

function judgeStages(image: LabelledImage, { multiStage }: ImageVerdict): Judgement {
  const truth = image.truth.multiStage;
  const expected = truth === undefined ? '?' : truth ? 'yes' : 'no';
  const outcome =
    truth === undefined
      ? 'unjudged'
      : multiStage.value === 'unknown'
        ? 'silent'
        : multiStage.value === expected
          ? 'right'
          : 'wrong';
  return judgement(image, 'multi-stage', multiStage.evidence, outcome, expected, multiStage.value);
}

export function scoreOf(judgements: readonly Judgement[]): Score {
  const count = (outcome: Outcome) => judgements.filter((one) => one.outcome === outcome).length;
  const [right, wrong, silent] = [count('right'), count('wrong'), count('silent')];
  const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
  return { right, wrong, silent, precision: share(right, right + wrong), recall: share(right, right + wrong + silent) };
}

/** The report of `npm run accuracy`: a table by field, one by signal, and every answer that is wrong or missing. */
export function accuracyReport(title: string, judgements: readonly Judgement[]): string {
  const byField = table(judgements, (one) => one.field);
  const bySignal = table(
    judgements.filter((one) => one.signal !== ''),
    (one) => `${one.field} by ${one.signal}`,
  );
  const confusion = judgements
    .filter((one) => one.outcome === 'wrong' || one.outcome === 'silent')
    .map(
      (one) =>
        `  ${one.outcome.padEnd(6)} ${one.field.padEnd(14)} ${one.image.padEnd(44)} expected ${one.expected}, got ${one.actual}`,
    );
  return [`== ${title}`, byField, bySignal, 'Not right:', ...confusion, ''].join('\n');
}

function table(judgements: readonly Judgement[], key: (one: Judgement) => string): string {
  const groups = new Map<string, Judgement[]>();
  for (const one of judgements) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`.padStart(8);
  const rows = [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, group]) => {
      const score = scoreOf(group);
      return `  ${name.padEnd(36)} right ${String(score.right).padStart(3)}  wrong ${String(score.wrong).padStart(3)}  silent ${String(score.silent).padStart(3)}  precision ${percent(score.precision)}  recall ${percent(score.recall)}`;
    });
  return rows.join('\n');
}
