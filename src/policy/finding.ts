import type { Confidence } from '../classify/verdict.ts';
import type { ByteRange } from '../measure/byte-range.ts';

/** How serious a finding is, the worst first; `error` makes the `check` command fail. */
export const SEVERITIES = ['error', 'warn', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Orders by severity, the worst first. */
export function bySeverity(a: { readonly severity: string }, b: { readonly severity: string }): number {
  const order: readonly string[] = SEVERITIES;
  return order.indexOf(a.severity) - order.indexOf(b.severity);
}

/** Where a rule found what it reports. Never contains the value of a secret. */
export interface Evidence {
  /** The layer's position in the manifest, base first, from 0; undefined if the config itself is the evidence. */
  readonly layer?: number;
  /** The layer's instruction, redacted. */
  readonly instruction?: string;
  /** What was found: the name of a variable, package or base image, or a path. */
  readonly subject?: string;
  /** Compressed bytes of the layer that it accounts for. */
  readonly bytes?: ByteRange;
}

/** What a rule reports about one image, before the policy assigns a severity. */
export interface Hit {
  /** `proven`: the config or a layer's contents show it. `inferred`: a history line or a name suggests it. */
  readonly confidence: Confidence;
  /** One sentence, with the remedy. */
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** Bytes that a fix would take off the pull size; undefined if it takes off none, or their number is unknown. */
  readonly bytes?: ByteRange;
}

/** A rule that an image trips. An image has at most one finding per rule; its evidence lists every place. */
export interface Finding extends Hit {
  /** The rule's id. */
  readonly rule: string;
  readonly severity: Severity;
}
