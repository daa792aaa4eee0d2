import { humanBytes } from '../measure/human-bytes.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from './audited-image.ts';
import { type Budget, budgetsFor, type ImageOwner, matcherOf } from './budgets.ts';
import { findImage, type RuleSettings } from './find-image.ts';
import type { Evidence, Finding, Severity } from './finding.ts';

/** What an organisation asks of its images. */
export interface Policy {
  readonly rules?: RuleSettings;
  readonly budgets?: readonly Budget[];
  /** Globs over base images' names; an image whose base is none of them breaks the policy. Empty: any base will do. */
  readonly allowedBases?: readonly string[];
}

/** The image under test: where it was found, and what is known of it. */
export interface ImageUnderTest {
  /** As shown in reports: `registry.example.com/team/app:1.0`. */
  readonly reference: string;
  readonly owner: ImageOwner;
  readonly image: AuditedImage;
}

/** What breaks a policy. `error` makes `check` exit with 3; the others are shown. */
export interface Violation {
  readonly reference: string;
  /** A rule's id, or `max-image-size`, `max-layers`, `allowed-bases`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly evidence: readonly Evidence[];
}

/** Everything about one image that its policy does not allow: budgets, bases, and every finding of any severity. */
export function checkImage(test: ImageUnderTest, policy: Policy): readonly Violation[] {
  const { reference, image } = test;
  return [
    ...budgetsFor(test.owner, policy.budgets ?? []).flatMap((budget) => overBudget(test, budget)),
    ...foreignBase(test, policy.allowedBases ?? []),
    ...findImage(image, policy.rules).map((finding) => violationOf(reference, finding)),
  ];
}

/** Whether a list of violations fails the check. */
export function failsCheck(violations: readonly Violation[]): boolean {
  return violations.some((violation) => violation.severity === 'error');
}

function violationOf(reference: string, { rule, severity, message, evidence }: Finding): Violation {
  return { reference, rule, severity, message, evidence };
}

function overBudget({ reference, image }: ImageUnderTest, budget: Budget): Violation[] {
  const { layers } = image.manifest;
  const bytes = pullBytes(image.manifest);
  const violations: Violation[] = [];
  if (budget.maxImageSize !== undefined && bytes > budget.maxImageSize) {
    const message = `${humanBytes(bytes)} to pull, the budget is ${humanBytes(budget.maxImageSize)}`;
    violations.push({ reference, rule: 'max-image-size', severity: 'error', message, evidence: [] });
  }
  if (budget.maxLayers !== undefined && layers.length > budget.maxLayers) {
    const message = `${layers.length} layers, the budget is ${budget.maxLayers}`;
    violations.push({ reference, rule: 'max-layers', severity: 'error', message, evidence: [] });
  }
  return violations;
}

function foreignBase({ reference, image }: ImageUnderTest, allowed: readonly string[]): Violation[] {
  if (allowed.length === 0) return [];
  const { base } = image.verdict;
  const names = base.confidence === 'unknown' ? [] : base.references;
  if (names.some((name) => allowed.some((glob) => matcherOf(glob)(name)))) return [];
  const found =
    base.confidence === 'unknown' ? `its base is unknown (${base.reason})` : `it stands on ${names.join('; ')}`;
  const message = `The policy allows ${allowed.join(', ')}: ${found}`;
  return [
    { reference, rule: 'allowed-bases', severity: 'error', message, evidence: names.map((subject) => ({ subject })) },
  ];
}
