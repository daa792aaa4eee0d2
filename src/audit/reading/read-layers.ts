import type { LayerContents } from '../../deep/contents.ts';
import { fetchLayer } from '../../deep/fetch-layer.ts';
import { SlimboardError } from '../../errors.ts';
import { chainIds } from '../../oci/chain-id.ts';
import type { Digest } from '../../oci/digest.ts';
import { type Item, type ItemError, replaceErrors } from '../../store/error-store.ts';
import {
  type LayerPlace,
  readLayerPlaces,
  readStillUnread,
  saveLayer,
  type UnreadLayer,
} from '../../store/layer-store.ts';
import { settleTask } from '../../store/task-store.ts';
import { type Audit, sourceOf } from '../audit.ts';
import type { AuditContext, Work } from '../context.ts';
import { type ErrorDetails, errorDetails, itemOf, reportErrors } from '../item-error.ts';
import type { LayersPayload } from '../task-payloads.ts';

/**
 * Reads layers one after another, and stores each as soon as it is read, so that a killed worker loses one layer. The
 * failure of a layer is recorded as that layer's error, and the next one is read.
 * @throws the error of the last layer that may be readable later, after the others were read; at once if the registry
 * asks to slow down
 */
export async function readLayers(work: Work<LayersPayload>): Promise<void> {
  const { db } = work.context;
  let passing: SlimboardError | undefined;
  for (const layer of await readStillUnread(db, work.audit.id, work.payload.layers)) {
    const result = await tryToRead(work, layer);
    if (!(result instanceof SlimboardError)) await keep(work, layer, result);
    else if (result.retry.kind === 'after') throw result;
    else {
      await recordFailure(work, layer, result);
      if (result.retry.kind === 'backoff') passing = result;
    }
  }
  if (passing) throw passing;
  await settleTask(db, work.task);
}

/** The errors of those of a given-up task's layers that are still unread. */
export async function unreadErrors(
  { db }: AuditContext,
  { id: auditId }: Audit,
  { layers }: LayersPayload,
  failure: ErrorDetails,
): Promise<readonly ItemError[]> {
  const unread = await readStillUnread(db, auditId, layers);
  return unread.map((layer) => ({ ...itemOfLayer(layer), ...failure }));
}

/**
 * Returns a layer's contents, or the expected failure to read it.
 * @throws any other failure, and the signal's reason
 */
async function tryToRead(
  { context, audit, signal }: Work<unknown>,
  layer: UnreadLayer,
): Promise<LayerContents | SlimboardError> {
  const places = await readLayerPlaces(context.db, layer.blobId);
  try {
    const { repository, maxBytes } = layer;
    const registry = await context.registryOf(sourceOf(audit, repository.source).settings);
    const read = { ...layer, size: { atMost: maxBytes } };
    return await fetchLayer({ registry, repository, signal }, read, (diffId) => isNamed(diffId, places));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SlimboardError) return error;
    throw error;
  }
}

/**
 * Whether a config names the diffID in one of a layer's places, by the chain ID there; true if no config says. One image
 * that agrees is enough: the layer's digest proves its bytes, and anybody may push a wrong config for the same layer.
 */
function isNamed(diffId: Digest, places: readonly LayerPlace[]): boolean {
  const isThere = ({ below, chain }: LayerPlace): boolean =>
    chainIds(below === null ? [diffId] : [below, diffId]).at(-1) === chain;
  return places.length === 0 || places.some(isThere);
}

/** Stores a layer's contents, and deletes the error of an earlier attempt in this audit. */
async function keep({ context, audit }: Work<unknown>, layer: UnreadLayer, contents: LayerContents): Promise<void> {
  const at = context.now();
  await context.db.transaction(async (tx) => {
    await saveLayer(tx, layer.blobId, contents, at);
    await replaceErrors(tx, audit.id, { items: [itemOfLayer(layer)], errors: [] }, at);
  });
  context.events.layerDone();
}

async function recordFailure(
  { context, audit }: Work<unknown>,
  layer: UnreadLayer,
  failed: SlimboardError,
): Promise<void> {
  const item = itemOfLayer(layer);
  const error: ItemError = { ...item, ...errorDetails(failed) };
  const at = context.now();
  await context.db.transaction((tx) => replaceErrors(tx, audit.id, { items: [item], errors: [error] }, at));
  if (error.retry !== 'never') return;
  context.events.layerDone();
  reportErrors(context, audit, [error]);
}

function itemOfLayer({ sourceId, repository, digest }: UnreadLayer): Item {
  return itemOf(sourceId, { ...repository, digest });
}
