import { chunksOf } from '../../common/chunks-of.ts';
import type { ListedManifest } from '../../registry/registry.ts';
import { addTasks, settleTask } from '../../store/task-store.ts';
import { sourceOf } from '../audit.ts';
import type { Work } from '../context.ts';
import { MANIFESTS_PER_TASK, type RepositoryPayload, referenceTo, rereadTask } from '../task-payloads.ts';

/**
 * Lists a repository once more, and adds tasks for those of its items that are to be read again, with what the listing
 * says of them. All else that it lists was settled before.
 * @param names tags, and digests of untagged manifests
 */
export async function listAgain(
  { context: { db, queue, registryOf }, task, audit, payload, signal }: Work<RepositoryPayload>,
  names: readonly string[],
): Promise<void> {
  const { repository } = payload;
  const wanted = new Set<string | undefined>(names);
  const listed: ListedManifest[] = [];
  const registry = await registryOf(sourceOf(audit, repository.source).settings);
  // Names that are no valid tags are errors already.
  for await (const page of registry.listManifests(repository, { signal, onInvalid: () => undefined }))
    listed.push(...page.filter(({ tag, digest }) => wanted.has(tag ?? digest)));
  const tasks = [...chunksOf(listed, MANIFESTS_PER_TASK)].map((some) => rereadTask(repository, some));
  const isSettled = await db.transaction(async (tx) => {
    if (!(await settleTask(tx, task))) return false;
    await addTasks(tx, task.auditId, tasks);
    return true;
  });
  if (isSettled)
    await queue.add(
      tasks.map((made) => referenceTo(made, task)),
      { signal },
    );
}
