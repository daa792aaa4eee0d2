import { baseNamesOf } from '../classify/verdict.ts';
import { matcherOf } from '../common/glob.ts';
import { humanBytes } from '../measure/human-bytes.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from './audited-image.ts';
import { type Budget, budgetsFor } from './budgets.ts';
import { type AppliedException, type Exception, exceptionFor } from './exceptions.ts';
import { bySeverity, type Evidence, type Finding, type Severity } from './finding.ts';
import { findingsOf, type RuleSettings } from './findings-of.ts';
import type { ImageOwner } from './owners.ts';

/** What an organisation requires of its images. */
export interface Policy {
  readonly rules?: RuleSettings;
  readonly budgets?: readonly Budget[];
  /** Globs over base images' names, one of which every image's base must match. Empty allows any base. */
  readonly allowedBases?: readonly string[];
  readonly exceptions?: readonly Exception[];
}

/** What images may violate besides rules. */
export const LIMITS = [
  { id: 'max-image-size', title: 'The image is larger than its budget' },
  { id: 'max-layers', title: 'The image has more layers than its budget' },
  { id: 'allowed-bases', title: 'The base is not one that the policy allows' },
] as const;

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

/**
 * A breach of a policy. Severity `error` makes the `check` command exit with 3, unless the breach is accepted; the others
 * are only shown.
 */
export interface Violation {
  readonly reference: string;
  /** The id of a rule, or of one of {@link LIMITS}. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** The policy's exception for it, which may have ended; null if there is none. */
  readonly exception: AppliedException | null;
}

/**
 * Returns an image's violations of a policy: exceeded budgets, a base that is not allowed, and all findings.
 * @param today the day on which exceptions must hold, in UTC: `YYYY-MM-DD`
 */
export function checkImage(
  { reference, owner, image }: ImageUnderTest,
  policy: Policy,
  today: string,
): readonly Violation[] {
  const { base } = image.verdict;
  const facts: ImageFacts = {
    reference,
    owner,
    bytes: pullBytes(image.manifest),
    layerCount: image.manifest.layers.length,
    baseNames: baseNamesOf(base),
    baseReason: base.confidence === 'unknown' ? base.reason : '',
    findings: findingsOf(image, policy.rules),
  };
  return checkFacts(facts, policy, today);
}

/**
 * Returns the violations of an image from its stored facts: the worst first, and accepted ones last. Its findings must
 * come from the same policy's rules.
 */
export function checkFacts(facts: ImageFacts, policy: Omit<Policy, 'rules'>, today: string): readonly Violation[] {
  const { reference, owner } = facts;
  const violations = [
    ...budgetsFor(owner, policy.budgets ?? []).flatMap((budget) => overBudget(facts, budget)),
    ...disallowedBase(facts, policy.allowedBases ?? []),
    ...facts.findings,
  ].map(({ rule, severity, message, evidence }): Violation => {
    const exception = exceptionFor(rule, owner, policy.exceptions ?? [], today);
    return { reference, rule, severity, message, evidence, exception };
  });
  return violations.toSorted((a, b) => Number(isAccepted(a)) - Number(isAccepted(b)) || bySeverity(a, b));
}

/** Whether an exception of the policy accepts a violation. */
export function isAccepted({ exception }: Violation): boolean {
  return exception?.holds === true;
}

/** Whether a violation makes the check fail: it is an error that no exception accepts. */
export function isFailure(violation: Violation): boolean {
  return violation.severity === 'error' && !isAccepted(violation);
}

/** What a check finds before exceptions are looked up. */
type Breach = ImageFacts['findings'][number];

function overBudget({ bytes, layerCount }: ImageFacts, budget: Budget): readonly Breach[] {
  const violations: Breach[] = [];
  if (budget.maxImageSize !== undefined && bytes > budget.maxImageSize) {
    const message = `The pull size is ${humanBytes(bytes)}, the budget allows ${humanBytes(budget.maxImageSize)}`;
    violations.push({ rule: 'max-image-size', severity: 'error', message, evidence: [] });
  }
  if (budget.maxLayers !== undefined && layerCount > budget.maxLayers) {
    const message = `The image has ${layerCount} layers, the budget allows ${budget.maxLayers}`;
    violations.push({ rule: 'max-layers', severity: 'error', message, evidence: [] });
  }
  return violations;
}

function disallowedBase({ baseNames, baseReason }: ImageFacts, allowed: readonly string[]): readonly Breach[] {
  if (allowed.length === 0) return [];
  if (baseNames.some((name) => allowed.some((glob) => matcherOf(glob)(name)))) return [];
  const found = baseNames.length === 0 ? `is unknown (${baseReason})` : `${baseNames.join('; ')} is not allowed`;
  const message = `The base ${found}: the policy allows ${allowed.join(', ')}`;
  const evidence = baseNames.map((subject) => ({ subject }));
  return [{ rule: 'allowed-bases', severity: 'error', message, evidence }];
}
