import type { Branded } from '../oci/brand.ts';

/**
 * The work of an audit is a tree of tasks: source → repository → batch of tags, then (`--deep`) layers, then assessment,
 * then totals, then delivery. The database holds every task that is not settled (table `audit_task`), with its payload; a
 * queue only carries the references, so a lost queue loses nothing: what the table holds is queued again.
 */

export type TaskKey = Branded<'TaskKey'>;

/**
 * `source`: list its repositories. `repository`: list its tags. `manifests`: resolve a batch of tags, fetch what is new.
 * `layers`: read contents of layers (`--deep`). `assess`: assess a range of images. `close`: totals. `deliver`: reports
 * and notifications.
 */
export const TASK_KINDS = ['source', 'repository', 'manifests', 'layers', 'assess', 'close', 'deliver'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Ad-hoc audits have a lane of their own, so that a nightly one never holds them up. */
export const LANES = ['nightly', 'adhoc'] as const;
export type Lane = (typeof LANES)[number];

/** Small and public: no payload, no secrets. */
export interface TaskReference {
  readonly auditId: number;
  readonly kind: TaskKind;
  /** Unique in its audit, and the same when the same work is found again. */
  readonly key: TaskKey;
  readonly lane: Lane;
}

export interface TaskQueue {
  /**
   * Takes tasks that are in the table already. Resolves when there is room for more tasks of their kind, so that a
   * handler that lists a large registry is held back by those that read it. A task that is queued already is ignored.
   */
  add(tasks: readonly TaskReference[], options?: { readonly signal?: AbortSignal }): Promise<void>;
}

export interface TaskHandlers {
  /** Does the task and settles it. Safe to run twice. A thrown error has the queue try again, with a delay. */
  run(task: TaskReference, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Called when the last attempt failed: records the error for what the task covered, and settles it. */
  giveUp(task: TaskReference, error: unknown): Promise<void>;
}
