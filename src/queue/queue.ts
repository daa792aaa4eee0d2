import type { Branded } from '../oci/brand.ts';

/**
 * The work of an audit is a tree of tasks: source → repository → batch of tags, then (`--deep`) layers, then
 * assessment, then totals, then delivery. The table `audit_task` contains every unsettled task with its payload; a
 * queue contains only references to them. A queue that is lost loses no work: the tasks in the table are queued again.
 */

/** The name of a task within its audit. */
export type TaskKey = Branded<'TaskKey'>;

/**
 * `source`: list its repositories. `repository`: list its tags. `manifests`: resolve a batch of tags, fetch what is
 * new. `layers`: read contents of layers (`--deep`). `assess`: assess a range of images. `close`: totals. `deliver`:
 * reports and notifications.
 */
export const TASK_KINDS = ['source', 'repository', 'manifests', 'layers', 'assess', 'close', 'deliver'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Ad-hoc audits have their own lane, so that they never wait for a nightly one. */
export const LANES = ['nightly', 'adhoc'] as const;
export type Lane = (typeof LANES)[number];

/** Identifies a task. Small, and without payload or secrets. */
export interface TaskReference {
  readonly auditId: number;
  readonly kind: TaskKind;
  /** Unique in its audit; the same work always has the same key. */
  readonly key: TaskKey;
  readonly lane: Lane;
}

/** What task handlers queue further tasks with: in this process, or in Redis. */
export interface TaskQueue {
  /**
   * Queues tasks that are in the table already; those that are queued or running already are ignored. Resolves when there
   * is room for more tasks of their kind, so that a handler that lists a large registry gets no further ahead of those
   * that read it.
   */
  add(tasks: readonly TaskReference[], options?: AddOptions): Promise<void>;
}

/** Options of {@link TaskQueue.add}. */
export interface AddOptions {
  /** Ends the wait for room. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link TaskHandlers.run}. */
export interface RunOptions {
  /** Ends the task. */
  readonly signal: AbortSignal;
  /** Ends waits for what is away: the worker stops, and gives back the tasks that fail from then on. */
  readonly stopping?: AbortSignal | undefined;
}

/** What a queue does tasks with. */
export interface TaskHandlers {
  /** Does the task and settles it. Safe to run twice. @throws an error; the queue decides whether to try again later */
  run(task: TaskReference, options: RunOptions): Promise<void>;
  /** Called when the last attempt has failed: records the error for the task's items and settles the task. */
  giveUp(task: TaskReference, error: unknown): Promise<void>;
}
