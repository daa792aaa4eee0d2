import { shortHash } from '../oci/digest.ts';
import type { TaskKey, TaskKind, TaskReference } from '../queue/queue.ts';
import type { ListedManifest } from '../registry/registry.ts';
import type { StoredRepository } from '../store/inventory-store.ts';
import type { HeldLayer } from '../store/layer-store.ts';
import type { RowRange } from '../store/stale-images.ts';
import type { NewTask } from '../store/task-store.ts';

// The payload of each kind of task, and the tasks that have it. A task's key depends on its work alone: the same work has
// the same key.

export interface SourcePayload {
  readonly source: string;
}
export interface RepositoryPayload {
  readonly repository: StoredRepository;
  /** Tags, and digests of untagged manifests: only these are listed, after the inventory, to be read again. */
  readonly again?: readonly string[];
}
export interface ManifestsPayload {
  readonly repository: StoredRepository;
  readonly listed: readonly ListedManifest[];
}
export interface LayersPayload {
  readonly layers: readonly HeldLayer[];
}

/**
 * A BatchGetImage request of Amazon ECR has at most 100 digests; a queue job costs 1 % of the requests for 100 tags.
 */
export const MANIFESTS_PER_TASK = 100;

/** A task that lists the repositories of a source. @param source its name */
export function sourceTask(source: string): NewTask {
  return newTask('source', [source], { source } satisfies SourcePayload);
}

/** A task that lists the tags of a repository. */
export function repositoryTask(repository: StoredRepository): NewTask {
  return newTask('repository', [repository.id], { repository } satisfies RepositoryPayload);
}

/** A task that lists a repository again, for tags and untagged manifests that failed. */
export function relistTask(repository: StoredRepository, again: readonly string[]): NewTask {
  return newTask('repository', ['again', repository.id], { repository, again } satisfies RepositoryPayload);
}

/**
 * A task that reads a batch of tags. Its key is a hash of the batch: a listing that is read again may be cut
 * differently.
 */
export function manifestsTask(repository: StoredRepository, listed: readonly ListedManifest[]): NewTask {
  return newTask('manifests', [repository.id, hashOf(listed)], { repository, listed } satisfies ManifestsPayload);
}

/**
 * A task that reads a batch again after the inventory. BullMQ takes no task that it runs, which may be the last one of
 * the inventory: it has a key of its own.
 */
export function rereadTask(repository: StoredRepository, listed: readonly ListedManifest[]): NewTask {
  const payload: ManifestsPayload = { repository, listed };
  return newTask('manifests', [repository.id, 'again', hashOf(listed)], payload);
}

function hashOf(listed: readonly ListedManifest[]): string {
  return shortHash(listed.map(({ tag, digest }) => `${tag ?? ''}@${digest ?? ''}`).join('\n'));
}

/** A task that reads layers. @param layers at least one; no layer is in two tasks of an audit */
export function layersTask(layers: readonly HeldLayer[]): NewTask {
  return newTask('layers', [layers[0]?.blobId], { layers } satisfies LayersPayload);
}

/**
 * A task that assesses the images of a range.
 * @param during the stage that it is made for. The assess stage may do a range again, and is begun by the last task of the
 * inventory, perhaps the one of that range: BullMQ takes no task that it runs.
 */
export function assessTask(range: RowRange, during: 'inventory' | 'assess'): NewTask {
  return newTask('assess', [during, `${range.from}-${range.to}`], range);
}

/** The one task of its kind that an audit has. */
export function singleTask(kind: 'close' | 'deliver'): NewTask {
  return newTask(kind, [], {});
}

/** @param work tells this task from the others of its kind */
function newTask(kind: TaskKind, work: readonly (string | number | undefined)[], payload: object): NewTask {
  return { kind, key: [kind, ...work].join('/') as TaskKey, payload };
}

/** The reference to a task of an audit, for the queue. */
export function referenceTo(
  { kind, key }: NewTask,
  { auditId, lane }: Pick<TaskReference, 'auditId' | 'lane'>,
): TaskReference {
  return { auditId, kind, key, lane };
}
