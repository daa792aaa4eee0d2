import { NotFoundError, SlimboardError } from '../../errors.ts';
import { namesRepositories, repositorySelector } from '../../fetch/select.ts';
import type { RegistryHost } from '../../oci/reference.ts';
import type { TaskReference } from '../../queue/queue.ts';
import type { ListedRepository, ListOptions } from '../../registry/registry.ts';
import { type ItemError, recordErrors } from '../../store/error-store.ts';
import { endMissingRepositories, upsertRepositories } from '../../store/inventory-store.ts';
import { addTasks, lockTask, settleTask } from '../../store/task-store.ts';
import { type AuditSource, sourceOf } from '../audit.ts';
import type { AuditContext, Work } from '../context.ts';
import { itemError, reportErrors } from '../item-error.ts';
import { referenceTo, repositoryTask, type SourcePayload } from '../task-payloads.ts';

/**
 * Lists a source's repositories page by page and adds a task for each. Ends the stored repositories that are no longer
 * listed.
 */
export async function listSource(work: Work<SourcePayload>): Promise<void> {
  const source = sourceOf(work.audit, work.payload.source);
  const listing: Listing = { source, found: 0, failed: [], complete: [] };
  try {
    if (!(await makeTasks(work, listing))) return;
  } catch (error) {
    // A source with a registry that fails every night must still end what is gone from its other registries.
    if (error instanceof SlimboardError && listing.complete.length > 0) {
      await conclude(work, listing, lockTask);
      if (error.retry.kind === 'never') reportErrors(work.context, work.audit, listing.failed);
    }
    throw error;
  }
  if (listing.found === 0 && listing.failed.length === 0 && namesRepositories(source.settings))
    listing.failed.push(itemError(source.id, {}, nothingSelected(source)));
  await conclude(work, listing, settleTask);
  reportErrors(work.context, work.audit, listing.failed);
}

/** How far the list of a source's repositories was read. */
interface Listing {
  readonly source: AuditSource;
  /** How many of the repositories the source's settings select. */
  found: number;
  /** Errors of names that are no valid repository names, or that of a source whose settings select nothing. */
  readonly failed: ItemError[];
  /** One predicate for each registry whose list was read to its end: whether a host is that registry's. */
  readonly complete: ((registry: RegistryHost) => boolean)[];
}

/** @returns false if another worker has settled the task, or the audit has ended */
async function makeTasks({ context, task, signal }: Work<unknown>, listing: Listing): Promise<boolean> {
  const { id, settings } = listing.source;
  const registry = await context.registryOf(settings);
  const selects = repositorySelector(settings);
  const host = settings.kind === 'oci' ? settings.registry : '';
  const onInvalid = (name: string, error: SlimboardError): void => {
    if (selects(name)) listing.failed.push(itemError(id, { registry: host, name }, error));
  };
  const onListed: ListOptions['onListed'] = (serves) => listing.complete.push(serves);
  for await (const page of registry.listRepositories({ signal, onInvalid, selects, onListed })) {
    const selected = page.filter(({ name }) => selects(name));
    listing.found += selected.length;
    const tasks = await keepPage(context, task, listing.source, selected);
    if (!tasks) return false;
    await context.queue.add(tasks, { signal });
  }
  return true;
}

/**
 * Ends the repositories that are gone from the registries listed to their end, and records the errors.
 * @param claim settles the task, or locks it if it will be tried again; false: another worker has settled it
 */
async function conclude(
  { context: { db, now }, task }: Work<unknown>,
  { source, failed, complete }: Listing,
  claim: typeof settleTask,
): Promise<void> {
  const selects = repositorySelector(source.settings);
  const wouldBeListed = ({ registry, name }: Pick<ListedRepository, 'registry' | 'name'>): boolean =>
    selects(name) && complete.some((serves) => serves(registry));
  await db.transaction(async (tx) => {
    if (!(await claim(tx, task))) return;
    await endMissingRepositories(tx, { sourceId: source.id, auditId: task.auditId, now: now() }, wouldBeListed);
    await recordErrors(tx, task.auditId, failed, now());
  });
}

function nothingSelected({ settings }: AuditSource): NotFoundError {
  return new NotFoundError(
    `${settings.name}: none of the repositories that the registry lists matches ${settings.include.join(', ')}: check the spelling`,
  );
}

/**
 * Stores a page's repositories and adds their tasks.
 * @returns undefined if another worker has settled the task, or the audit has ended
 */
async function keepPage(
  { db, now }: AuditContext,
  task: TaskReference,
  source: AuditSource,
  page: readonly ListedRepository[],
): Promise<readonly TaskReference[] | undefined> {
  return db.transaction(async (tx) => {
    if (!(await lockTask(tx, task))) return undefined;
    const rows = await upsertRepositories(tx, { sourceId: source.id, auditId: task.auditId, now: now() }, page);
    const tasks = rows.map((row) => repositoryTask({ ...row, source: source.settings.name }));
    await addTasks(tx, task.auditId, tasks);
    return tasks.map((made) => referenceTo(made, task));
  });
}
