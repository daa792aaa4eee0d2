import type { Runtime } from '../classify/verdict.ts';
import { type ByteRange, exactly, middle } from '../measure/byte-range.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { Finding } from '../policy/finding.ts';
import type { Goal } from '../policy/goal.ts';
import type { Knowledge } from './alternatives.ts';
import { leavesBase } from './base-after.ts';
import { type GoalReach, goalBytes, goalReachOf } from './goal.ts';
import { type Projection, projectTechniques } from './projection.ts';
import { slimScore } from './score.ts';
import { type Subject, subjectOf } from './subject.ts';
import { BASE_TECHNIQUES, isBaseTechnique, TECHNIQUES, type TechniqueId, techniqueOf } from './technique.ts';

/** One step of a plan: a technique applied on top of the steps before it. */
export interface PlanStep {
  readonly technique: TechniqueId;
  /** The image after this step and all steps before it. */
  readonly projection: Projection;
  /** Bytes that this step adds to the savings, measured between the middles of the ranges before and after it. */
  readonly gain: number;
}

/** The advised techniques and their savings: the part of the advice that is stored with every image. */
export interface Plan {
  /** The steps by falling gain. Each builds on those before it, so that no byte is saved twice. */
  readonly plan: readonly PlanStep[];
  /** What the whole plan saves, in bytes. */
  readonly savings: ByteRange;
  /** From 0 to 100, see {@link slimScore}. */
  readonly slimScore: number;
}

/** How an image can become smaller. All sizes are pull sizes in bytes. */
export interface Advice extends Plan {
  readonly currentBytes: number;
  /** Each applicable technique on its own, greatest gain first. */
  readonly alone: readonly Projection[];
  /** A multi-stage build combined with each applicable base technique, greatest gain first. */
  readonly together: readonly Projection[];
  readonly goal: {
    /** The largest pull size that meets the goal. */
    readonly bytes: number;
    readonly reach: GoalReach;
    /** The first steps of the plan that reach the goal; the whole plan if none do, empty if nothing is to do. */
    readonly by: readonly TechniqueId[];
  };
}

/**
 * Returns the full advice for one image.
 * @param findings the image's findings, as the rules returned them
 * @param knowledge the known bases with their sizes
 * @param goal the goal that the plan should reach
 */
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
    goal: planReach(subject, planned.plan, bytes),
  };
}

/** Returns the same plan as {@link adviseImage}, without the rest of the advice. */
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

/** The slimming guide's goal. Scores are computed from the plan for it: by owners' own goals, a lax one would win. */
const SCORED_GOAL: Goal = { kind: 'reduction', ratio: 0.9 };

function scoreOf(subject: Subject, plan: readonly PlanStep[], targetBytes: number): number {
  const scoredBytes = goalBytes(SCORED_GOAL, subject.currentBytes);
  const scored = scoredBytes === targetBytes ? plan : planFor(subject, scoredBytes);
  return slimScore(subject.currentBytes, savingsOf(scored));
}

function byGain(projections: readonly Projection[]): readonly Projection[] {
  return projections.toSorted((a, b) => middle(a.after) - middle(b.after));
}

/** Chooses all techniques that fix findings, a multi-stage build if it applies, and the safest base for the goal. */
function chooseTechniques(subject: Subject, targetBytes: number): readonly TechniqueId[] {
  const always = TECHNIQUES.map(({ id }) => id)
    .filter((id) => !isBaseTechnique(id))
    .filter((id) => isWorthIt(projectTechniques(subject, [id])) || isNeededByBases(id, subject));
  // What jlink may save does not decide for Alpine: with glibc and all modules of Java, more programs run.
  const all = optionsWith(always, subject.runtime === 'java' ? { ...subject, linksJava: false } : subject);
  const options = all.filter((option) => !isBeatenBySlimBase(option, all));
  const sure = options.find((option) => goalReachOf(option, targetBytes) === 'yes');
  const possible = options.find((option) => goalReachOf(option, targetBytes) === 'perhaps');
  return (sure ?? possible ?? safestOfSmall(options))?.techniques ?? always;
}

/** Returns some techniques on the present base, if it can stay, and on every other that applies: the safest first. */
function optionsWith(always: readonly TechniqueId[], subject: Subject): readonly Option[] {
  const onBases = BASE_TECHNIQUES.map((base) => [...always, base]);
  const candidates = leavesBase(subject, always) ? onBases : [always, ...onBases];
  return candidates
    .flatMap((techniques): Option[] => {
      const isAsItIs = techniques.length === 0;
      const after = isAsItIs ? exactly(subject.currentBytes) : projectTechniques(subject, techniques)?.after;
      return after ? [{ techniques, after }] : [];
    })
    .sort((a, b) => riskOf(a) - riskOf(b));
}

/** The least that a technique saves to be planned, in bytes: for less, nobody changes a Dockerfile. */
const WORTH_THE_WORK = 10_000;

function isWorthIt(alone: Projection | undefined): boolean {
  return alone !== undefined && middle(alone.savings) >= WORTH_THE_WORK;
}

type Option = Pick<Projection, 'techniques' | 'after'>;

/** A safer base is preferred while the resulting image is at most this many times the size of the smallest option. */
const WORTH_THE_SAFETY = 1.5;
/** A difference this small goes unnoticed in a pull, whatever the ratio. */
const UNNOTICED_BYTES = 5_000_000;

/**
 * Returns, of options that all miss the goal, the safest one that comes near the smallest. Options are sorted by risk
 * and compared by the middles of their ranges: the upper ends include everything that an earlier stage might remove,
 * and next to that every base looks small.
 */
function safestOfSmall(options: readonly Option[]): Option | undefined {
  const smallest = Math.min(...options.map(({ after }) => middle(after)));
  const largest = Math.max(smallest * WORTH_THE_SAFETY, smallest + UNNOTICED_BYTES);
  return options.find((option) => middle(option.after) <= largest);
}

/**
 * Whether an option keeps the present base although a slim one saves noticeably. The slim image is the same
 * distribution, or has the runtime that the image's own steps installed, and costs little safety, so the present base is
 * not worth keeping, however large the layers above it are.
 */
function isBeatenBySlimBase({ techniques, after }: Option, options: readonly Option[]): boolean {
  if (techniques.some(isBaseTechnique)) return false;
  const slim = options.find((option) => option.techniques.includes('slim-base'));
  return slim !== undefined && middle(slim.after) < middle(after) - UNNOTICED_BYTES;
}

/** Whether a technique is a multi-stage build that can be projected with some base technique. */
function isNeededByBases(id: TechniqueId, subject: Subject): boolean {
  return (
    id === 'multi-stage' &&
    BASE_TECHNIQUES.some((base) => projectTechniques(subject, ['multi-stage', base]) !== undefined)
  );
}

function riskOf({ techniques }: Option): number {
  return Math.max(0, ...techniques.map((id) => techniqueOf(id).risk));
}

/** Runtimes whose slim bases lack the compiler that their full ones have, such as a JRE. */
const COMPILERS_STAY_BEHIND: readonly Runtime[] = ['java', 'dotnet'];

/** Orders techniques by gain, but a base that leaves nothing to build with waits for the second stage, if there is one. */
function orderByGain(subject: Subject, chosen: readonly TechniqueId[]): readonly PlanStep[] {
  const needsCompiler = chosen.includes('multi-stage') && COMPILERS_STAY_BEHIND.includes(subject.runtime);
  const stagesFirst = needsCompiler ? stepsByGain(subject, chosen, true) : [];
  const steps = stagesFirst.some(isSecondStage) ? stagesFirst : stepsByGain(subject, chosen, false);
  const isPlanned = (id: TechniqueId) => steps.some(({ technique }) => technique === id);
  return withBase(
    subject,
    steps,
    chosen.find((id) => isBaseTechnique(id) && !isPlanned(id)),
  );
}

/**
 * Repeatedly takes the technique with the greatest gain, until those that remain add nothing to those taken.
 * @param baseWaits whether another base comes behind the second stage, and behind what else can be done before
 */
function stepsByGain(subject: Subject, chosen: readonly TechniqueId[], baseWaits: boolean): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  let remaining = chosen;
  while (remaining.length > 0) {
    const waits = baseWaits && remaining.includes('multi-stage');
    const first = waits ? remaining.filter((id) => !isBaseTechnique(id)) : remaining;
    const next = bestNext(subject, steps, first) ?? bestNext(subject, steps, remaining);
    if (!next) break;
    steps.push(next);
    remaining = remaining.filter((id) => id !== next.technique);
  }
  return steps;
}

function isSecondStage({ technique }: PlanStep): boolean {
  return technique === 'multi-stage';
}

function bestNext(
  subject: Subject,
  steps: readonly PlanStep[],
  remaining: readonly TechniqueId[],
): PlanStep | undefined {
  const taken = steps.map(({ technique }) => technique);
  let best: PlanStep | undefined;
  for (const technique of remaining) {
    const step = stepTo(subject, steps.at(-1), technique, [...taken, technique]);
    if (step && step.gain > (best?.gain ?? 0)) best = step;
  }
  return best;
}

function stepTo(
  subject: Subject,
  before: PlanStep | undefined,
  technique: TechniqueId,
  techniques: readonly TechniqueId[],
): PlanStep | undefined {
  const projection = projectTechniques(subject, techniques);
  const beforeBytes = before ? middle(before.projection.after) : subject.currentBytes;
  return projection && { technique, projection, gain: Math.round(beforeBytes - middle(projection.after)) };
}

/**
 * Names the base of a last stage that leaves the present one, if it is the largest that would do: it adds nothing to a
 * second stage on any base, but the second stage is projected on it.
 */
function withBase(subject: Subject, steps: readonly PlanStep[], base: TechniqueId | undefined): readonly PlanStep[] {
  const stages = steps.findIndex(isSecondStage);
  if (base === undefined || stages < 0 || !leavesBase(subject, ['multi-stage'])) return steps;
  let before = steps[stages - 1];
  const named = steps.slice(stages).map((step) => {
    const { technique, projection } = step;
    before = stepTo(subject, before, technique, [...projection.techniques, base]) ?? step;
    return before;
  });
  return [...steps.slice(0, stages), ...named];
}

/**
 * Returns how far a plan reaches a goal, and by which of its steps. A last stage that leaves the present base starts from
 * the one that the plan names, so the steps to the goal include it.
 */
function planReach(subject: Subject, plan: readonly PlanStep[], bytes: number): Advice['goal'] {
  const last = plan.at(-1);
  const isReached = subject.currentBytes <= bytes;
  if (isReached || last === undefined) return { bytes, reach: isReached ? 'yes' : 'no', by: [] };
  const reach = goalReachOf(last.projection, bytes);
  const namesBase = ({ techniques }: Projection): boolean =>
    techniques.some(isBaseTechnique) ||
    !last.projection.techniques.some(isBaseTechnique) ||
    !leavesBase(subject, techniques);
  const first = plan.find(({ projection }) => namesBase(projection) && goalReachOf(projection, bytes) === reach);
  return { bytes, reach, by: (reach === 'no' ? last : (first ?? last)).projection.techniques };
}
