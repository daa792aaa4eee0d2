import type { Goal } from '../common/units.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { ByteRange, Finding } from '../policy/finding.ts';
import type { Knowledge } from './alternatives.ts';
import { type GoalReach, goalBytes, goalReachOf } from './goal.ts';
import { type Projection, projectTechniques } from './projection.ts';
import { slimScore } from './score.ts';
import { type Subject, subjectOf } from './subject.ts';
import { type BaseTechniqueId, TECHNIQUES, type TechniqueId, techniqueOf } from './technique.ts';

/** One step of a plan: a technique on top of those before it. */
export interface PlanStep {
  readonly technique: TechniqueId;
  /** After this step and all before it. */
  readonly projection: Projection;
  /** What this step adds to the savings: the middle of the range, bytes. */
  readonly gain: number;
}

/** What is advised, and what it brings: the part of advice that is kept with every image. */
export interface Plan {
  /** The advised techniques in order of gain; each step counts on those before it, so nothing is saved twice. */
  readonly plan: readonly PlanStep[];
  /** What the whole plan saves. */
  readonly savings: ByteRange;
  readonly slimScore: number;
}

/** How an image can become smaller. All sizes are pull sizes in bytes. */
export interface Advice extends Plan {
  readonly currentBytes: number;
  /** Each technique that applies, alone, most gain first. */
  readonly alone: readonly Projection[];
  /** A multi-stage build together with each base, most gain first. */
  readonly together: readonly Projection[];
  readonly goal: {
    readonly bytes: number;
    readonly reach: GoalReach;
    /** The first steps of the plan that reach it; all of them where none do. */
    readonly by: readonly TechniqueId[];
  };
}

/** Everything advice has to say about one image. Pure: the bases' sizes come in as knowledge, findings from the rules. */
export function adviseImage(
  image: AuditedImage,
  findings: readonly Finding[],
  knowledge: Knowledge,
  goal: Goal,
): Advice {
  const subject = subjectOf(image, findings, knowledge);
  const { currentBytes } = subject;
  const bytes = goalBytes(goal, currentBytes);
  const planned = planSubject(subject, bytes);
  return {
    ...planned,
    currentBytes,
    alone: byGain(TECHNIQUES.flatMap(({ id }) => projectTechniques(subject, [id]) ?? [])),
    together: byGain(BASE_TECHNIQUES.flatMap((base) => projectTechniques(subject, ['multi-stage', base]) ?? [])),
    goal: goalOf(planned.plan, bytes, currentBytes),
  };
}

/** The plan alone, as {@link adviseImage} has it. */
export function planImage(image: AuditedImage, findings: readonly Finding[], knowledge: Knowledge, goal: Goal): Plan {
  const subject = subjectOf(image, findings, knowledge);
  return planSubject(subject, goalBytes(goal, subject.currentBytes));
}

function planSubject(subject: Subject, targetBytes: number): Plan {
  const plan = planFor(subject, targetBytes);
  return { plan, savings: savingsOf(plan), slimScore: scoreOf(subject, plan, targetBytes) };
}

function planFor(subject: Subject, targetBytes: number): readonly PlanStep[] {
  return orderByGain(subject, chooseTechniques(subject, targetBytes));
}

function savingsOf(plan: readonly PlanStep[]): ByteRange {
  return plan.at(-1)?.projection.savings ?? { min: 0, max: 0 };
}

/** What the guide aims at. Scores are by the plan for it, whatever an owner's own goal is: else a lax goal would win. */
const SCORED_GOAL: Goal = { kind: 'reduction', ratio: 0.9 };

function scoreOf(subject: Subject, plan: readonly PlanStep[], targetBytes: number): number {
  const scoredBytes = goalBytes(SCORED_GOAL, subject.currentBytes);
  const scored = scoredBytes === targetBytes ? plan : planFor(subject, scoredBytes);
  return slimScore(subject.currentBytes, savingsOf(scored));
}

const BASE_TECHNIQUES = TECHNIQUES.filter(({ kind }) => kind === 'base').map(({ id }) => id as BaseTechniqueId);

function byGain(projections: readonly Projection[]): readonly Projection[] {
  return projections.toSorted((a, b) => middle(a.after) - middle(b.after));
}

function middle({ min, max }: ByteRange): number {
  return (min + max) / 2;
}

/** All that mends findings, a multi-stage build where it applies, and the safest base that reaches the goal. */
function chooseTechniques(subject: Subject, targetBytes: number): readonly TechniqueId[] {
  const always = TECHNIQUES.filter(({ kind }) => kind !== 'base')
    .map(({ id }) => id)
    .filter((id) => projectTechniques(subject, [id]) !== undefined || isNeededByBases(id, subject));
  const onBases = BASE_TECHNIQUES.map((base) => [...always, base]);
  // The last stage of a compiled program stands on a base of its own: which one decides whether the goal is reached.
  const candidates = subject.compiled && always.includes('multi-stage') ? onBases : [always, ...onBases];
  const options = candidates
    .flatMap((techniques): Option[] => {
      const after = techniques.length === 0 ? unchanged(subject) : projectTechniques(subject, techniques)?.after;
      return after ? [{ techniques, after }] : [];
    })
    .sort((a, b) => riskOf(a) - riskOf(b));
  const sure = options.find((option) => goalReachOf(option, targetBytes) === 'yes');
  const possible = options.find((option) => goalReachOf(option, targetBytes) === 'perhaps');
  return (sure ?? possible ?? safestOfSmall(options))?.techniques ?? always;
}

type Option = Pick<Projection, 'techniques' | 'after'>;

function unchanged({ currentBytes }: Subject): ByteRange {
  return { min: currentBytes, max: currentBytes };
}

/** So much larger than the smallest may the image get whose base is safer to move to, or to stay on. */
const WORTH_THE_SAFETY = 1.5;
/** Or by so many bytes, which no pull notices. */
const UNNOTICED_BYTES = 5_000_000;

/**
 * Of options that all miss the goal: the safest among those that come near the smallest. By the middle of their ranges:
 * the upper ends hold all that an earlier stage may take away, and beside that every base looks small.
 */
function safestOfSmall(options: readonly Option[]): Option | undefined {
  const smallest = Math.min(...options.map(({ after }) => middle(after)));
  const largest = Math.max(smallest * WORTH_THE_SAFETY, smallest + UNNOTICED_BYTES);
  return options.find((option) => middle(option.after) <= largest && !isFatterForNothing(option, options));
}

/** The slim image is the same distribution: a full base stays for no image's sake, however much lies on top of it. */
function isFatterForNothing({ techniques, after }: Option, options: readonly Option[]): boolean {
  if (techniques.some((id) => techniqueOf(id).kind === 'base')) return false;
  const slim = options.find((option) => option.techniques.includes('slim-base'));
  return slim !== undefined && middle(slim.after) < middle(after) - UNNOTICED_BYTES;
}

/** A multi-stage build of a compiled program gains with a base, even where alone it cannot be projected. */
function isNeededByBases(id: TechniqueId, subject: Subject): boolean {
  return (
    id === 'multi-stage' &&
    BASE_TECHNIQUES.some((base) => projectTechniques(subject, ['multi-stage', base]) !== undefined)
  );
}

function riskOf({ techniques }: Option): number {
  return Math.max(0, ...techniques.map((id) => techniqueOf(id).risk));
}

/** Takes the technique with the most gain first, again and again, until those left add nothing to those taken. */
function orderByGain(subject: Subject, chosen: readonly TechniqueId[]): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  let left = chosen;
  let before = subject.currentBytes;
  while (left.length > 0) {
    const taken = steps.map(({ technique }) => technique);
    const next = bestNext(subject, taken, left, before);
    if (!next) break;
    steps.push(next);
    before = middle(next.projection.after);
    left = left.filter((id) => id !== next.technique);
  }
  return steps;
}

function bestNext(
  subject: Subject,
  taken: readonly TechniqueId[],
  left: readonly TechniqueId[],
  before: number,
): PlanStep | undefined {
  let best: PlanStep | undefined;
  for (const technique of left) {
    const projection = projectTechniques(subject, [...taken, technique]);
    if (!projection) continue;
    const gain = Math.round(before - middle(projection.after));
    if (gain > 0 && gain > (best?.gain ?? 0)) best = { technique, projection, gain };
  }
  return best;
}

function goalOf(plan: readonly PlanStep[], bytes: number, currentBytes: number): Advice['goal'] {
  if (currentBytes <= bytes) return { bytes, reach: 'yes', by: [] };
  const last = plan.at(-1);
  const reach = last ? goalReachOf(last.projection, bytes) : 'no';
  const first = plan.find(({ projection }) => goalReachOf(projection, bytes) === reach);
  const by = reach === 'no' ? last?.projection.techniques : first?.projection.techniques;
  return { bytes, reach, by: by ?? [] };
}
