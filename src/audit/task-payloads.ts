import { shortHash } from '../oci/digest.ts';
import type { TaskKey } from '../queue/queue.ts';
import type { ListedManifest } from '../registry/registry.ts';
import type { StoredRepository } from '../store/inventory-store.ts';
import type { HeldLayer } from '../store/layer-store.ts';
import type { NewTask } from '../store/task-store.ts';

/** What each kind of task needs to know. Keys are the same when the same work is found again. */

export interface SourcePayload {
  readonly source: string;
}
export interface RepositoryPayload {
  readonly repository: StoredRepository;
}
export interface ManifestsPayload {
  readonly repository: StoredRepository;
  readonly listed: readonly ListedManifest[];
}
export interface LayersPayload {
  readonly layers: readonly HeldLayer[];
}
/** Images by the range of their row ids. */
export interface RangePayload {
  readonly from: number;
  readonly to: number;
}

/** One BatchGetImage of Amazon ECR takes 100 digests, and a queue job of 100 tags costs 1 % of its tags' requests. */
export const MANIFESTS_PER_TASK = 100;

/** Lists the repositories of a source. @param source its name */
export function sourceTask(source: string): NewTask {
  return { kind: 'source', key: `source/${source}` as TaskKey, payload: { source } satisfies SourcePayload };
}

/** Lists the tags of a repository. */
export function repositoryTask(repository: StoredRepository): NewTask {
  return {
    kind: 'repository',
    key: `repository/${repository.id}` as TaskKey,
    payload: { repository } satisfies RepositoryPayload,
  };
}

/** The key is made of the content: a listing that is read again may split differently. */
export function manifestsTask(repository: StoredRepository, listed: readonly ListedManifest[]): NewTask {
  const content = listed.map(({ tag, digest }) => `${tag ?? ''}@${digest ?? ''}`).join('\n');
  const key = `manifests/${repository.id}/${shortHash(content)}` as TaskKey;
  return { kind: 'manifests', key, payload: { repository, listed } satisfies ManifestsPayload };
}

/** @param layers at least one; no layer is in two tasks of an audit */
export function layersTask(layers: readonly HeldLayer[]): NewTask {
  const key = `layers/${layers[0]?.blobId}` as TaskKey;
  return { kind: 'layers', key, payload: { layers } satisfies LayersPayload };
}

/** A task that assesses the images of a range. */
export function assessTask(range: RangePayload): NewTask {
  return { kind: 'assess', key: `assess/${range.from}-${range.to}` as TaskKey, payload: range };
}

/** A task of which an audit has one. */
export function singleTask(kind: 'close' | 'deliver'): NewTask {
  return { kind, key: kind as string as TaskKey, payload: {} };
}
