import { humanBytes } from '../measure/human-bytes.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from './audited-image.ts';
import { type Budget, budgetsFor, type ImageOwner, matcherOf } from './budgets.ts';
import type { Evidence, Finding, Severity } from './finding.ts';
import { findingsOf, type RuleSettings } from './findings-of.ts';

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

/** What a policy looks at; an audit keeps it, so that a check of all its images needs no manifest. */
export interface ImageFacts extends Omit<ImageUnderTest, 'image'> {
  /** Pull size. */
  readonly bytes: number;
  readonly layerCount: number;
  /** Equal names of its base; none: unknown, and `baseReason` says why. */
  readonly baseNames: readonly string[];
  readonly baseReason: string;
  readonly findings: readonly Pick<Finding, 'rule' | 'severity' | 'message' | 'evidence'>[];
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
export function checkImage({ reference, owner, image }: ImageUnderTest, policy: Policy): readonly Violation[] {
  const { base } = image.verdict;
  const facts: ImageFacts = {
    reference,
    owner,
    bytes: pullBytes(image.manifest),
    layerCount: image.manifest.layers.length,
    baseNames: base.confidence === 'unknown' ? [] : base.references,
    baseReason: base.confidence === 'unknown' ? base.reason : '',
    findings: findingsOf(image, policy.rules),
  };
  return checkFacts(facts, policy);
}

/** The same of what an audit keeps; its findings were made by the policy's rules. */
export function checkFacts(facts: ImageFacts, policy: Omit<Policy, 'rules'>): readonly Violation[] {
  return [
    ...budgetsFor(facts.owner, policy.budgets ?? []).flatMap((budget) => overBudget(facts, budget)),
    ...foreignBase(facts, policy.allowedBases ?? []),
    ...facts.findings.map(({ rule, severity, message, evidence }) => ({
      reference: facts.reference,
      rule,
      severity,
      message,
      evidence,
    })),
  ];
}

/** Whether a list of violations fails the check. */
export function failsCheck(violations: readonly Violation[]): boolean {
  return violations.some((violation) => violation.severity === 'error');
}

function overBudget({ reference, bytes, layerCount }: ImageFacts, budget: Budget): Violation[] {
  const violations: Violation[] = [];
  if (budget.maxImageSize !== undefined && bytes > budget.maxImageSize) {
    const message = `${humanBytes(bytes)} to pull, the budget is ${humanBytes(budget.maxImageSize)}`;
    violations.push({ reference, rule: 'max-image-size', severity: 'error', message, evidence: [] });
  }
  if (budget.maxLayers !== undefined && layerCount > budget.maxLayers) {
    const message = `${layerCount} layers, the budget is ${budget.maxLayers}`;
    violations.push({ reference, rule: 'max-layers', severity: 'error', message, evidence: [] });
  }
  return violations;
}

function foreignBase({ reference, baseNames, baseReason }: ImageFacts, allowed: readonly string[]): Violation[] {
  if (allowed.length === 0) return [];
  if (baseNames.some((name) => allowed.some((glob) => matcherOf(glob)(name)))) return [];
  const found = baseNames.length === 0 ? `its base is unknown (${baseReason})` : `it stands on ${baseNames.join('; ')}`;
  const message = `The policy allows ${allowed.join(', ')}: ${found}`;
  const evidence = baseNames.map((subject) => ({ subject }));
  return [{ reference, rule: 'allowed-bases', severity: 'error', message, evidence }];
}
