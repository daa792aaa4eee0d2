import type { AuditedImage } from './audited-image.ts';
import type { Finding, Severity } from './finding.ts';
import { viewImage } from './image-view.ts';
import { RULES } from './rule-registry.ts';

/** Severities by rule id; `off` disables the rule. A rule that is not listed keeps its own severity. */
export type RuleSettings = Readonly<Record<string, Severity | 'off'>>;

/**
 * The most places that a finding lists, each with its instruction. Real images have at most 127 layers, but a manifest
 * may list thousands.
 */
const MAX_EVIDENCE = 127;

/** Applies all rules to an image, and returns its findings in the rules' order. */
export function findingsOf(image: AuditedImage, settings: RuleSettings = {}): readonly Finding[] {
  const view = viewImage(image);
  const findings: Finding[] = [];
  for (const { id, severity, find } of RULES) {
    const configured = settings[id] ?? severity;
    if (configured === 'off') continue;
    const hit = find(view);
    if (hit) findings.push({ rule: id, severity: configured, ...hit, evidence: hit.evidence.slice(0, MAX_EVIDENCE) });
  }
  return findings;
}
