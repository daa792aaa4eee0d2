import { groupBy } from '../../common/group-by.ts';
import { sum } from '../../common/sum.ts';
import type { Queryable } from '../../database/database.ts';
import { newestTags, tagSelector, takesAllTags } from '../../fetch/select.ts';
import { type HeldLayer, listOpenTags, listUnreadLayers } from '../../store/layer-store.ts';
import type { Audit, AuditSource } from '../audit.ts';

/** Few, so that many workers have something to do. */
const LAYERS_PER_TASK = 8;
const BYTES_PER_TASK = 500_000_000;
/** At most about this many tasks: a registry with more layers gets larger tasks. */
const TASKS = 4_000;

/** The layers of the audit's deep sources that no audit has read, each once, in batches of a task. */
export async function unreadLayers(
  tx: Queryable,
  { id: auditId, sources }: Audit,
): Promise<readonly (readonly HeldLayer[])[]> {
  const layers = new Map<number, SizedLayer>();
  for (const source of sources.filter(({ settings }) => settings.deep)) {
    const tagIds = await selectedTags(tx, auditId, source);
    for (const layer of await listUnreadLayers(tx, auditId, source.id, tagIds))
      if (!layers.has(layer.blobId)) layers.set(layer.blobId, layer);
  }
  return batchesOf([...layers.values()]);
}

type SizedLayer = HeldLayer & { readonly size: number };

/**
 * Row ids of the tags that the audit's settings select; undefined if they select all. Earlier audits may have read
 * others.
 */
async function selectedTags(
  tx: Queryable,
  auditId: number,
  { id, settings }: AuditSource,
): Promise<readonly number[] | undefined> {
  if (takesAllTags(settings)) return undefined;
  const tags = (await listOpenTags(tx, auditId, id)).filter(tagSelector(settings));
  const { newest } = settings;
  if (newest === 'all') return tags.map((tag) => tag.id);
  const byRepository = groupBy(tags, ({ repositoryId }) => repositoryId);
  return [...byRepository.values()].flatMap((all) => newestTags(all, newest).map((tag) => tag.id));
}

/**
 * Cuts layers, in their order, into batches of limited number and bytes. A layer that exceeds the bytes is a batch
 * alone.
 */
export function batchesOf(layers: readonly SizedLayer[]): readonly (readonly HeldLayer[])[] {
  const total = sum(layers.map(({ size }) => size));
  const most = Math.max(LAYERS_PER_TASK, Math.ceil(layers.length / TASKS));
  const mostBytes = Math.max(BYTES_PER_TASK, Math.ceil(total / TASKS));
  const batches: HeldLayer[][] = [];
  let batch: HeldLayer[] = [];
  let bytes = 0;
  for (const { size, blobId, repositoryId } of layers) {
    if (batch.length === 0 || batch.length >= most || bytes + size > mostBytes) {
      batch = [];
      bytes = 0;
      batches.push(batch);
    }
    batch.push({ blobId, repositoryId });
    bytes += size;
  }
  return batches;
}
