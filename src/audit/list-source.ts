import { NotFoundError, type SlimboardError } from '../errors.ts';
import type { TaskReference } from '../queue/queue.ts';
import type { ListedRepository } from '../registry/registry.ts';
import { type ItemError, recordErrors } from '../store/error-store.ts';
import { endMissingRepositories, upsertRepositories } from '../store/inventory-store.ts';
import { addTasks, holdTask, settleTask } from '../store/task-store.ts';
import type { AuditContext } from './context.ts';
import { itemFailure } from './item-failure.ts';
import type { PlannedSource } from './plan.ts';
import { namesRepositories, repositorySelector } from './select.ts';
import { repositoryTask } from './task-payloads.ts';

/** Lists a source's repositories, page by page, and makes a task of each; those that are gone end. */
export async function listSource(
  context: AuditContext,
  task: TaskReference,
  source: PlannedSource,
  signal: AbortSignal,
): Promise<void> {
  const { db, now } = context;
  const registry = await context.registryOf(source.settings);
  const selects = repositorySelector(source.settings);
  const failed: ItemError[] = [];
  const onInvalid = (name: string, error: SlimboardError) => failed.push(repositoryError(source, name, error));
  let found = 0;
  for await (const page of registry.listRepositories({ signal, onInvalid, selects })) {
    const selected = page.filter(({ name }) => selects(name));
    found += selected.length;
    const tasks = await keepPage(context, task, source, selected);
    if (!tasks) return;
    await context.queue.add(tasks, { signal });
  }
  if (found === 0 && failed.length === 0 && namesRepositories(source.settings))
    failed.push(repositoryError(source, '', nothingSelected(source)));
  await db.transaction(async (tx) => {
    if (!(await settleTask(tx, task))) return;
    await endMissingRepositories(tx, source.id, task.auditId, selects, now());
    await recordErrors(tx, task.auditId, failed, now());
  });
  for (const { repository, message } of failed) context.events.itemFailed(source.settings.name, repository, message);
}

function nothingSelected({ settings }: PlannedSource): NotFoundError {
  return new NotFoundError(
    `${settings.name}: no repository that the registry lists matches ${settings.include.join(', ')}: see how they are spelt`,
  );
}

function repositoryError(source: PlannedSource, repository: string, error: SlimboardError): ItemError {
  return {
    sourceId: source.id,
    registry: '',
    repository,
    tag: '',
    digest: '',
    ...itemFailure(error),
  };
}

/** @returns undefined when somebody else has listed the source, or ended the audit */
async function keepPage(
  { db, now }: AuditContext,
  task: TaskReference,
  source: PlannedSource,
  page: readonly ListedRepository[],
): Promise<readonly TaskReference[] | undefined> {
  const { auditId, lane } = task;
  return db.transaction(async (tx) => {
    if (!(await holdTask(tx, task))) return undefined;
    const rows = await upsertRepositories(tx, source.id, auditId, page, now());
    const tasks = rows.map((row) => repositoryTask({ ...row, source: source.settings.name }));
    await addTasks(tx, auditId, tasks);
    return tasks.map(({ kind, key }) => ({ auditId, kind, key, lane }));
  });
}
