import { namesOf } from '../classify/verdict.ts';
import { humanBytes } from '../measure/human-bytes.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from './audited-image.ts';
import { type Budget, budgetsFor, type ImageOwner, matcherOf } from './budgets.ts';
import { bySeverity, type Evidence, type Finding, type Severity } from './finding.ts';
import { findingsOf, type RuleSettings } from './findings-of.ts';

/** What an organisation requires of its images. */
export interface Policy {
  readonly rules?: RuleSettings;
  readonly budgets?: readonly Budget[];
  /** Globs over base images' names, one of which every image's base must match. Empty allows any base. */
  readonly allowedBases?: readonly string[];
}

/** An image to be checked, with its reference and owner. */
export interface ImageUnderTest {
  /** As reports show it: `registry.example.com/team/app:1.0`. */
  readonly reference: string;
  readonly owner: ImageOwner;
  readonly image: AuditedImage;
}

/** The facts that a policy checks. Audits store them, so that checking all images of an audit needs no manifests. */
export interface ImageFacts extends Omit<ImageUnderTest, 'image'> {
  /** Pull size in bytes. */
  readonly bytes: number;
  readonly layerCount: number;
  /** The names of its base, all for the same layers; empty if the base is unknown. */
  readonly baseNames: readonly string[];
  /** Why the base is unknown; empty if it is known. */
  readonly baseReason: string;
  readonly findings: readonly Pick<Finding, 'rule' | 'severity' | 'message' | 'evidence'>[];
}

/** A breach of a policy. Severity `error` makes the `check` command exit with 3; the others are only shown. */
export interface Violation {
  readonly reference: string;
  /** A rule's id, or `max-image-size`, `max-layers`, `allowed-bases`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly evidence: readonly Evidence[];
}

/** Returns an image's violations of a policy: exceeded budgets, a base that is not allowed, and all findings. */
export function checkImage({ reference, owner, image }: ImageUnderTest, policy: Policy): readonly Violation[] {
  const { base } = image.verdict;
  const facts: ImageFacts = {
    reference,
    owner,
    bytes: pullBytes(image.manifest),
    layerCount: image.manifest.layers.length,
    baseNames: namesOf(base),
    baseReason: base.confidence === 'unknown' ? base.reason : '',
    findings: findingsOf(image, policy.rules),
  };
  return checkFacts(facts, policy);
}

/**
 * Returns the violations of an image from its stored facts, the worst first; its findings must come from the same
 * policy's rules.
 */
export function checkFacts(facts: ImageFacts, policy: Omit<Policy, 'rules'>): readonly Violation[] {
  const violations = [
    ...budgetsFor(facts.owner, policy.budgets ?? []).flatMap((budget) => overBudget(facts, budget)),
    ...disallowedBase(facts, policy.allowedBases ?? []),
    ...facts.findings.map(({ rule, severity, message, evidence }) => ({
      reference: facts.reference,
      rule,
      severity,
      message,
      evidence,
    })),
  ];
  return violations.toSorted(bySeverity);
}

/** Reports whether violations make the check fail: at least one is an error. */
export function failsCheck(violations: readonly Violation[]): boolean {
  return violations.some((violation) => violation.severity === 'error');
}

function overBudget({ reference, bytes, layerCount }: ImageFacts, budget: Budget): Violation[] {
  const violations: Violation[] = [];
  if (budget.maxImageSize !== undefined && bytes > budget.maxImageSize) {
    const message = `The pull size is ${humanBytes(bytes)}, the budget allows ${humanBytes(budget.maxImageSize)}`;
    violations.push({ reference, rule: 'max-image-size', severity: 'error', message, evidence: [] });
  }
  if (budget.maxLayers !== undefined && layerCount > budget.maxLayers) {
    const message = `The image has ${layerCount} layers, the budget allows ${budget.maxLayers}`;
    violations.push({ reference, rule: 'max-layers', severity: 'error', message, evidence: [] });
  }
  return violations;
}

function disallowedBase({ reference, baseNames, baseReason }: ImageFacts, allowed: readonly string[]): Violation[] {
  if (allowed.length === 0) return [];
  if (baseNames.some((name) => allowed.some((glob) => matcherOf(glob)(name)))) return [];
  const found = baseNames.length === 0 ? `is unknown (${baseReason})` : `${baseNames.join('; ')} is not allowed`;
  const message = `The base ${found}: the policy allows ${allowed.join(', ')}`;
  const evidence = baseNames.map((subject) => ({ subject }));
  return [{ reference, rule: 'allowed-bases', severity: 'error', message, evidence }];
}
