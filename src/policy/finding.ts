import type { Confidence } from '../classify/verdict.ts';

export type Severity = 'error' | 'warn' | 'info';

/** A range of bytes, both ends included; equal ends are a measurement. */
export interface ByteRange {
  readonly min: number;
  readonly max: number;
}

/** Where a rule saw what it says. Never holds the value of a secret. */
export interface Evidence {
  /** The layer's position in the manifest, base first, from 0; undefined where the config itself is the evidence. */
  readonly layer?: number;
  /** The layer's instruction, redacted. */
  readonly instruction?: string;
  /** What it is about: a variable's name, a path, a package, a base image. */
  readonly subject?: string;
  /** What it is about weighs so much of this layer, compressed. */
  readonly bytes?: ByteRange;
}

/** What a rule says about one image, before the policy gives it a severity. */
export interface Hit {
  /** `proven`: the config or a layer's contents show it. `inferred`: a history line or a name suggests it. */
  readonly confidence: Confidence;
  /** One sentence, with the remedy. */
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** Compressed bytes that a fix would take off the pull size; undefined: nothing, or not known. */
  readonly bytes?: ByteRange;
}

/** A rule that an image trips. At most one a rule and image; every place is in its evidence. */
export interface Finding extends Hit {
  readonly rule: string;
  readonly severity: Severity;
}
