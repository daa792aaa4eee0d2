import type { Hit, Severity } from './finding.ts';
import type { ImageView } from './image-view.ts';

/** One thing to look for in an image. Rules are pure and independent of one another; docs/rules has a page for each. */
export interface Rule {
  /** Never changes, since policies and reports refer to it. */
  readonly id: string;
  /** The default, which a policy may override. */
  readonly severity: Severity;
  /** What the rule finds, in a few words. */
  readonly title: string;
  /** Returns what the rule found in an image; undefined if the image does not trip the rule. */
  readonly find: (view: ImageView) => Hit | undefined;
}
