import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Advice, adviseImage, type Plan, planImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { leavesBase } from '../../../src/advise/base-after.ts';
import { type GoalReach, goalReachOf } from '../../../src/advise/goal.ts';
import { SMALLEST_SHARE } from '../../../src/advise/layer-shares.ts';
import { type Projection, projectTechniques } from '../../../src/advise/projection.ts';
import { type Subject, subjectOf } from '../../../src/advise/subject.ts';
import { TECHNIQUES, type TechniqueId, techniqueOf } from '../../../src/advise/technique.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { imageSketches } from '../../support/image-sketches.ts';

const KNOWLEDGE = knowledgeOf([]);
const SURENESS: Readonly<Record<GoalReach, number>> = { no: 0, perhaps: 1, yes: 2 };

function subjectFrom(sketch: ImageSketch): Subject {
  const image = auditedImage(sketch);
  return subjectOf(image, findingsOf(image), KNOWLEDGE);
}

function advise(sketch: ImageSketch, bytes: number): Advice {
  const image = auditedImage(sketch);
  return adviseImage(image, findingsOf(image), KNOWLEDGE, { kind: 'size', bytes });
}

const sizes = fc.nat({ max: 2_000_000_000 });

test('a less demanding goal is reached at least as surely', () => {
  fc.assert(
    fc.property(imageSketches, sizes, sizes, (sketch, one, other) => {
      const harder = advise(sketch, Math.min(one, other)).goal;
      const easier = advise(sketch, Math.max(one, other)).goal;
      expect(SURENESS[easier.reach]).toBeGreaterThanOrEqual(SURENESS[harder.reach]);
    }),
  );
});

test('the steps to the goal are the shortest prefix of the plan that reaches it, on the base that it names', () => {
  fc.assert(
    fc.property(imageSketches, sizes, (sketch, bytes) => {
      const { goal, plan, currentBytes } = advise(sketch, bytes);
      const steps = plan.map(({ projection }) => projection);
      const last = steps.findIndex(({ techniques }) => techniques.length === goal.by.length);
      expect(goal.by).toEqual(steps[last]?.techniques ?? []);
      if (currentBytes <= bytes) {
        expect(goal).toMatchObject({ reach: 'yes', by: [] });
      } else if (goal.reach === 'no') {
        expect(last).toBe(steps.length - 1);
      } else {
        const subject = subjectFrom(sketch);
        const base = steps.at(-1)?.techniques.find((id) => techniqueOf(id).kind === 'base');
        const lacksBase = (ids: readonly TechniqueId[]) =>
          base !== undefined && !ids.includes(base) && leavesBase(subject, ids);
        const reaches = steps.map((step) => !lacksBase(step.techniques) && goalReachOf(step, bytes));
        expect(reaches.indexOf(goal.reach)).toBe(last);
      }
    }),
  );
});

test('no projection goes below what the program itself needs', () => {
  fc.assert(
    fc.property(imageSketches, (sketch) => {
      const subject = subjectFrom(sketch);
      const needed = subject.view.own
        .filter((layer) => layer.class !== 'build-tools')
        .reduce((sum, { bytes }) => sum + Math.floor(bytes * SMALLEST_SHARE), 0);
      const image = auditedImage(sketch);
      const { alone, together, plan } = adviseImage(image, subject.findings, KNOWLEDGE, { kind: 'size', bytes: 0 });
      for (const { after } of [...alone, ...together, ...plan.map(({ projection }) => projection)]) {
        expect(after.min).toBeGreaterThanOrEqual(Math.min(needed, subject.currentBytes));
      }
    }),
  );
});

test('bytes that several findings report are saved once', () => {
  const mending = TECHNIQUES.filter(({ kind }) => kind === 'findings').map(({ id }) => id);
  fc.assert(
    fc.property(imageSketches, (sketch) => {
      const subject = subjectFrom(sketch);
      const alone = mending.flatMap((id): Projection[] => {
        const projection = projectTechniques(subject, [id]);
        return projection ? [projection] : [];
      });
      const all = projectTechniques(
        subject,
        alone.flatMap(({ techniques }) => techniques),
      );
      const sum = alone.reduce((bytes, { savings }) => bytes + savings.max, 0);
      if (all) expect(all.savings.max).toBeLessThanOrEqual(sum);
      for (const { savings } of alone) expect(all?.savings.max ?? 0).toBeGreaterThanOrEqual(savings.max);
    }),
  );
});

test('the score falls, or stays, with waste that an image gets, unless a safer base becomes enough for the goal', () => {
  // Of a few bytes, the rounding of each range would be points of the score.
  const bytes = fc.integer({ min: 1_000_000, max: 300_000_000 });
  fc.assert(
    fc.property(imageSketches, bytes, bytes, bytes, (sketch, useful, one, other) => {
      const planWith = (waste: number) => {
        const contents = { fileBytes: useful + waste, deletedBytes: waste };
        const layer = { instruction: 'COPY app /app', bytes: useful + waste, contents };
        const image = auditedImage({ ...sketch, own: [...(sketch.own ?? []), layer] });
        return planImage(image, findingsOf(image), KNOWLEDGE, { kind: 'reduction', ratio: 0.9 });
      };
      const less = planWith(Math.min(one, other));
      const more = planWith(Math.max(one, other));
      if (baseIn(more) === baseIn(less)) expect(more.slimScore).toBeLessThanOrEqual(less.slimScore);
    }),
  );
});

function baseIn({ plan }: Plan): string | undefined {
  return plan.map(({ technique }) => technique).find((id) => techniqueOf(id).kind === 'base');
}
