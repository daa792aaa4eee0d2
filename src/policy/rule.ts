import type { Hit, Severity } from './finding.ts';
import type { ImageView } from './image-view.ts';

/** One thing to look for. Rules are pure and know nothing of one another; each has a page under docs/rules. */
export interface Rule {
  /** Stable: policies and reports name it. */
  readonly id: string;
  /** Unless the policy says otherwise. */
  readonly severity: Severity;
  readonly title: string;
  readonly find: (view: ImageView) => Hit | undefined;
}
