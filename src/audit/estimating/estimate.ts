import { sum } from '../../common/sum.ts';
import { SlimboardError } from '../../errors.ts';
import type { Registry, RequestLimit } from '../../registry/registry.ts';
import type { SourceSettings } from '../../settings/settings.ts';
import { countInventory, type Inventory, type InventoryOptions } from './count-inventory.ts';
import { type EcrEstimate, estimateEcr, mostChildren } from './estimate-ecr.ts';

/** The requests that an audit of one source would send. Ranges, where the number depends on the registry's answers. */
export interface AuditEstimate {
  readonly source: string;
  readonly repositories: number;
  readonly tags: number;
  /** Tags and manifests to read: those that are not stored, or all with `--full`. */
  readonly newItems: number;
  /** With `--deep`: layers of known images to read. Those of new images come in addition. */
  readonly unreadLayers?: { readonly count: number; readonly bytes: number };
  readonly requests: { readonly min: number; readonly max: number };
  /** Requests that the listing took. */
  readonly listingRequests: number;
  /** Why repositories, or their tags, could not be listed: they are not counted. Absent if all were. */
  readonly unlisted?: readonly string[];
  /** How many requests the registry still allows in its window; absent if it announces no limit. */
  readonly limit?: { readonly remaining: number; readonly windowMs: number | undefined };
  readonly durationMs: { readonly min: number; readonly max: number };
  /** Requests by operation; Amazon ECR only. */
  readonly operations?: EcrEstimate['operations'];
}

/** What was observed of the listing's requests: their number, their total duration, and the last one's limit. */
export interface ObservedRequests {
  requests: number;
  totalMs: number;
  last: RequestLimit | undefined;
}

/**
 * Estimates an audit: lists the source and compares it with what is stored. Reads no manifest. A list that cannot be
 * read is left out.
 * @param observed counts the requests that the registry sends
 * @throws as {@link countInventory} does
 */
export async function estimateAudit(options: InventoryOptions, observed: ObservedRequests): Promise<AuditEstimate> {
  const { registry, settings, signal } = options;
  const inventory = await countInventory(options);
  // Before the limit is asked for, which takes a request, too.
  const ofLists = { ...observed };
  const manifestLimit = ofLists.last ? undefined : await findLimit(registry, inventory, signal);
  return estimateOf(settings, inventory, ofLists, manifestLimit);
}

/** The limit that a registry announces with manifests (Docker Hub); undefined if it cannot be read. */
async function findLimit(
  registry: Registry,
  { sample }: Inventory,
  signal: AbortSignal,
): Promise<RequestLimit | undefined> {
  if (!sample) return undefined;
  try {
    return await registry.readLimit?.(sample.repository, sample.tag, { signal });
  } catch (error) {
    if (error instanceof SlimboardError) return undefined;
    throw error;
  }
}

/** @param manifestLimit the limit on reading manifests, if the registry announced none for all requests */
function estimateOf(
  settings: SourceSettings,
  inventory: Inventory,
  observed: ObservedRequests,
  manifestLimit: RequestLimit | undefined,
): AuditEstimate {
  const { tags, newChildren, layers } = inventory;
  const newRoots = inventory.newTags + inventory.newDigests.size;
  const newItems = newRoots + newChildren;
  const ecr = settings.kind === 'ecr' ? estimateEcr(inventory, settings) : undefined;
  const least = observed.requests + tags + newChildren + layers.size;
  // Each child, also of a new index, has a config or statement.
  const most = least + 2 * newRoots * mostChildren(settings) + newChildren;
  const requests = ecr?.total ?? { min: least, max: most };
  const msEach = observed.requests === 0 ? 0 : observed.totalMs / observed.requests / settings.concurrency;
  const limit = manifestLimit ?? observed.last;
  const limited = manifestLimit ? { min: newItems, max: newItems * (1 + mostChildren(settings)) } : requests;
  const durationOf = (bound: 'min' | 'max'): number =>
    Math.max(Math.round(requests[bound] * msEach), waitForLimit(limited[bound], limit));
  const unlisted = inventory.failures.map(({ message }) => message);
  return {
    source: settings.name,
    repositories: inventory.repositories.length,
    tags,
    newItems,
    ...(settings.deep ? { unreadLayers: { count: layers.size, bytes: sum([...layers.values()]) } } : {}),
    requests,
    listingRequests: observed.requests,
    ...(unlisted.length > 0 ? { unlisted } : {}),
    durationMs: { min: durationOf('min'), max: Math.max(durationOf('max'), ecr?.quotaMs ?? 0) },
    ...(ecr ? { operations: ecr.operations } : {}),
    ...(limit?.remaining === undefined ? {} : { limit: { remaining: limit.remaining, windowMs: limit.windowMs } }),
  };
}

/** How long (ms) the requests beyond those that remain wait for the next windows. */
function waitForLimit(requests: number, limit: RequestLimit | undefined): number {
  if (limit?.remaining === undefined || limit.windowMs === undefined || requests <= limit.remaining) return 0;
  return Math.ceil((requests - limit.remaining) / Math.max(1, limit.remaining)) * limit.windowMs;
}
