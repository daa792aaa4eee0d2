import type { AuditedImage } from './audited-image.ts';
import type { Finding, Severity } from './finding.ts';
import { viewImage } from './image-view.ts';
import { RULES } from './rule-registry.ts';

/** What a policy says of each rule, by its id; a rule that is not named keeps its own severity. */
export type RuleSettings = Readonly<Record<string, Severity | 'off'>>;

/** Real images have at most 127 layers; a manifest may list thousands, and each place repeats its instruction. */
const MAX_EVIDENCE = 127;

/**
 * Everything the rules have to say about one image, in the rules' order.
 * @param settings severities by rule id; `off` silences one
 */
export function findingsOf(image: AuditedImage, settings: RuleSettings = {}): readonly Finding[] {
  const view = viewImage(image);
  const findings: Finding[] = [];
  for (const { id, severity, find } of RULES) {
    const wanted = settings[id] ?? severity;
    if (wanted === 'off') continue;
    const hit = find(view);
    if (hit) findings.push({ rule: id, severity: wanted, ...hit, evidence: hit.evidence.slice(0, MAX_EVIDENCE) });
  }
  return findings;
}
